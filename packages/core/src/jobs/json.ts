/**
 * What a job publishes is told as JSON. What has no form in it is found out where the job can fail of it, in words, and not
 * by each of its readers, who would come again and again for something that can't be sent.
 *
 * @throws TypeError when it has none: a bigint, or an object that contains itself
 */
export const mustBeJson = (published: unknown): void => {
  try {
    JSON.stringify(published)
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw new TypeError(`What the simulation publishes can't be written as JSON: ${reason}`, {
      cause: thrown,
    })
  }
}
