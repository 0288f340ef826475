/**
 * The event stream format, as the standard has it: text in, events out.
 *
 * eventsource-parser is what this is tested against, event by event. It is 1.8 KB, of a client that may have 3.5; most of
 * that is for what isn't needed here: telling of comments, of unknown fields and of ids by themselves.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */

/** What a parser tells. */
export interface ParserListener {
  /** An event; without an id or a name these are `undefined`. */
  readonly onEvent: (data: string, name: string | undefined, id: string | undefined) => void
  /** The server's `retry:`, in milliseconds. */
  readonly onRetry: (ms: number) => void
  /** An event was longer than the limit, and begins like this; nothing may be fed after this. */
  readonly onOverflow: (begin: string) => void
}

/**
 * Makes a parser to feed with text as it arrives, cut anywhere; a byte order mark must have been taken off by then. It
 * never holds more than `limit` UTF-16 code units and the text that it is fed with.
 */
export const createParser = ({ onEvent, onRetry, onOverflow }: ParserListener, limit: number) => {
  /** The line that has begun. */
  let line = ""
  let data: string | undefined
  let name: string | undefined
  let id: string | undefined
  let endedInCr = false

  const take = (text: string) => {
    if (text === "") {
      // An event without data is none
      if (data !== undefined) onEvent(data, name, id)
      data = name = id = undefined
      return
    }
    const colon = text.indexOf(":")
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? "" : text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1)
    if (field === "data") data = data === undefined ? value : `${data}\n${value}`
    if (field === "event") name = value || undefined
    if (field === "id" && !value.includes("\0")) id = value
    if (field === "retry" && /^\d+$/.test(value)) onRetry(Number(value))
  }

  return (text: string): void => {
    if (text === "") return
    // A CR ends a line at once; the LF that may follow it, in the next text even, belongs to it
    let chunk = endedInCr && text[0] === "\n" ? text.slice(1) : text
    endedInCr = text.endsWith("\r")
    if (chunk.includes("\r")) chunk = chunk.replace(/\r\n?/g, "\n")
    const lines = chunk.split("\n")
    // Appending to a string is cheap as long as nobody looks inside: a line that comes in a million pieces is read once
    const rest = lines.pop() ?? ""
    for (const end of lines) {
      take(line + end)
      line = ""
    }
    line += rest
    if (line.length + (data ?? "").length > limit) onOverflow((data ?? line).slice(0, 200))
  }
}
