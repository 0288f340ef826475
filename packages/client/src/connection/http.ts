/** What is read from an answer, whatever it is the answer to. */
import type { Problem } from "@simstream/protocol"
import { RequestFailed } from "../errors.ts"

/** The bytes above this are parts of characters. */
const LAST_ASCII = 127

/** Reads an answer as it arrives, to its end or until `onText` returns `false`. A byte order mark is left to the reader. */
export const readText = async (response: Response, onText: (text: string) => boolean): Promise<unknown> => {
  // React Native
  if (!response.body) return onText(await response.text())
  const reader = response.body.getReader()
  // Told to look for marks, it would after every chunk that ended with a character
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  // In callbacks, which the compiler makes the most of: a loop that awaits is resumed by the interpreter for every event
  return new Promise<void>((resolve, reject) => {
    const read = () => {
      reader.read().then(take, reject)
    }
    const take = ({ done, value }: ReadableStreamReadResult<Uint8Array>) => {
      if (done) return resolve()
      try {
        // A chunk that can't end within a character, as almost none does, is decoded in half the time when that is known
        if (onText(decoder.decode(value, { stream: (value[value.length - 1] ?? 0) > LAST_ASCII })))
          return read()
        // Some implementations of fetch don't stop reading when they are aborted
        resolve(reader.cancel())
      } catch (error) {
        reject(error)
      }
    }
    read()
  })
}

/** The most that is read of an answer that is no stream, in UTF-16 code units: twice the largest event. */
const MAX_SIZE = 16_777_216

/** Reads JSON, for as long as `goOn` returns `true`; `undefined` when it is none. Or that of a stream's first event. */
export const readJson = async (response: Response, goOn: () => boolean): Promise<unknown> => {
  let text = ""
  await readText(response, (more) => {
    text += more
    return goOn() && text.length < MAX_SIZE
  })
  try {
    return JSON.parse(/^data: ?(.*)/m.exec(text)?.[1] ?? text.replace(/^\uFEFF/, ""))
  } catch {
    return undefined
  }
}

/** What is said of an answer that is none to what was asked. */
export const unexpected = (url: string): string =>
  `${url} answered with something unexpected. Is it below the base path of the routes?`

/** Whether a value is an object with this field. */
export const has = <Name extends string>(
  value: unknown,
  name: Name,
): value is { readonly [N in Name]: unknown } => typeof value === "object" && value !== null && name in value

/** What an answer that is not the wanted one says, in a problem or in a stream's `error` event. */
export const refusal = async (response: Response, hear: () => boolean): Promise<RequestFailed> => {
  const { status, headers, url } = response
  const said = await readJson(response, hear)
  // As it was sent, whatever its code, for servers may know newer ones; or a job's error as one
  const problem = has(said, "code")
    ? ({ status, detail: has(said, "message") ? said.message : "", ...said } as unknown as Problem)
    : null
  const after = headers.get("retry-after") ?? ""
  // Seconds, or a date
  const retryAfterMs = Math.max(0, Number(after) * 1000 || Date.parse(after) - Date.now() || 0)
  return new RequestFailed(`${url} answered with status ${status}${problem ? `: ${problem.detail}` : ""}`, {
    status,
    problem,
    retryAfterMs,
  })
}
