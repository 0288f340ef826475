/** The bytes of an async iterable of events: the next one is asked for when the client can take it, and not before. */
import type { AnyEvent, StreamFormat } from "./format.ts"
import type { Bytes, OpenSource } from "./source.ts"

/** Opens an iterable. A failure ends the stream without a terminal event, which to a client means: come again. */
export const iterableSource =
  <Event extends AnyEvent>(
    iterable: AsyncIterable<Event>,
    format: StreamFormat,
    options: {
      readonly id: ((event: Event) => string | undefined) | undefined
      readonly onError: (error: unknown) => void
    },
  ): OpenSource =>
  (wake) => {
    const iterator = iterable[Symbol.asyncIterator]()
    let ready: Bytes | undefined = undefined
    let asking = false
    let ended = false

    /** Not waited for: a generator that is blocked would never answer. */
    const letGo = () => {
      if (ended) return
      ended = true
      new Promise((resolve) => resolve(iterator.return?.())).catch(options.onError)
    }

    const take = (result: IteratorResult<Event>) => {
      if (ended) return
      if (result.done === true) {
        ended = true
        return
      }
      try {
        ready = format.event(result.value, options.id?.(result.value))
      } catch (error) {
        options.onError(error)
        letGo()
      }
    }

    const fail = (error: unknown) => {
      ended = true
      options.onError(error)
    }

    const ask = () => {
      asking = true
      void iterator
        .next()
        .then(take, fail)
        .finally(() => {
          asking = false
          wake()
        })
    }

    return {
      poll: () => {
        const bytes = ready
        ready = undefined
        if (bytes === undefined && !asking && !ended) ask()
        return bytes
      },
      done: () => ended && ready === undefined,
      close: letGo,
    }
  }
