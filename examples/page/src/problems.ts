/** What went wrong, in words for whoever uses the page. */
import {
  ConnectionFailed,
  InvalidEvent,
  JobFailed,
  ProtocolMismatch,
  RequestFailed,
  type ClientError,
} from "@simstream/client"
import { formatCount } from "./format/numbers.ts"
import { capitalised } from "./format/text.ts"

/** What is shown of an error. */
export interface Explanation {
  readonly title: string
  readonly detail: string
  /** What is wrong with which field of the form, by the field's path: "config.critChance". */
  readonly fields: Readonly<Record<string, string>>
}

const explanation = (title: string, detail: string, fields: Explanation["fields"] = {}): Explanation => ({
  title,
  detail,
  fields,
})

/** "at most 10000000" → "at most 10,000,000" */
const grouped = (text: string): string => text.replace(/\d{5,}/g, (digits) => formatCount(Number(digits)))

/** There is no such run, or no longer. */
export const RUN_GONE: Explanation = explanation(
  "This run isn't here",
  "Runs are kept for an hour after their end, and only as long as the server is up. If somebody gave you the address, check that it is complete.",
)

const explainRefusal = ({ problem, status }: RequestFailed): Explanation => {
  if (problem === null) {
    return explanation(
      "The server gave an answer that this page can't read",
      `Something between this page and the server may be in the way (status ${status}). Try again in a moment.`,
    )
  }
  switch (problem.code) {
    case "job_not_found":
      return RUN_GONE
    case "invalid_config":
    case "invalid_options": {
      const issues = problem.issues ?? []
      return explanation(
        "The run was not started",
        issues.length === 0
          ? problem.detail
          : "Some of the settings need another look; they are marked in the form.",
        Object.fromEntries(
          issues.map(({ path, message }) => [path.join("."), capitalised(grouped(message))]),
        ),
      )
    }
    case "too_many_jobs":
      return explanation("You have enough runs under way", problem.detail)
    case "too_many_streams":
      return explanation("Too many pages are watching", `${problem.detail} Close a tab and try again.`)
    case "queue_full":
      return explanation(
        "The server has its hands full",
        "Other people's runs are waiting too. Try again in a moment.",
      )
    case "shutting_down":
      return explanation("The server is about to restart", "Try again in a minute.")
    default:
      return explanation(problem.title, problem.detail)
  }
}

/** Whether the server knows no such job, or no longer. */
export const isJobGone = (error: JobFailed | ClientError): boolean =>
  error instanceof RequestFailed && error.problem?.code === "job_not_found"

/** An error of the client, or anything else that was thrown, in words. */
export const explain = (error: JobFailed | ClientError | Error): Explanation => {
  if (error instanceof RequestFailed) return explainRefusal(error)
  if (error instanceof JobFailed) return explanation("The run failed", error.message)
  if (error instanceof ConnectionFailed) {
    return explanation(
      "The server can't be reached",
      "Check your connection. The run itself may well go on: this page will find it again.",
    )
  }
  if (error instanceof ProtocolMismatch) {
    return explanation("This page is out of date", "Reload it to get the version that the server speaks.")
  }
  if (error instanceof InvalidEvent) {
    return explanation("The server sent something that this page can't read", "Reload the page to try again.")
  }
  return explanation("Something went wrong on this page", error.message)
}
