/**
 * The event stream format, as the standard has it: text in, events out.
 *
 * It is tested against eventsource-parser, event by event. That is five times its size, most of it for what isn't needed
 * here: telling of comments, of unknown fields and of ids by themselves.
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

  /** Takes the line from `from` to `to`. Only the value is cut out of the text: a cut is most of what this costs. */
  const take = (text: string, from: number, to: number) => {
    const is = (field: string) =>
      text.startsWith(field, from) && (from + field.length === to || text[from + field.length] === ":")
    const valueOf = (field: string) => {
      const begin = from + field.length + 1
      return text.slice(text[begin] === " " ? begin + 1 : begin, to)
    }
    if (from === to) {
      // An event without data is none
      if (data !== undefined) onEvent(data, name, id)
      data = name = id = undefined
    } else if (is("data")) {
      const value = valueOf("data")
      data = data === undefined ? value : `${data}\n${value}`
    } else if (is("event")) {
      name = valueOf("event") || undefined
    } else if (is("id")) {
      const value = valueOf("id")
      if (!value.includes("\0")) id = value
    } else if (is("retry")) {
      const value = valueOf("retry")
      if (/^\d+$/.test(value)) onRetry(Number(value))
    }
  }

  return (text: string): void => {
    if (text === "") return
    // A CR ends a line at once; the LF that may follow it, in the next text even, belongs to it
    let chunk = endedInCr && text[0] === "\n" ? text.slice(1) : text
    endedInCr = text.endsWith("\r")
    if (chunk.includes("\r")) chunk = chunk.replace(/\r\n?/g, "\n")
    let start = 0
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", start)) {
      // Appending is cheap as long as nobody looks inside: a line that comes in a million pieces is read once
      if (line === "") take(chunk, start, end)
      else {
        line += chunk.slice(0, end)
        take(line, 0, line.length)
        line = ""
      }
      start = end + 1
    }
    line += chunk.slice(start)
    if (line.length + (data ?? "").length > limit) onOverflow(data ?? line)
  }
}
