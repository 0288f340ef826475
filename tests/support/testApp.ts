/**
 * A server's whole inside, for any runtime: the handler, simulations that a test can hold, and routes below `/_test` by
 * which a test looks at what is left behind. It needs nothing but the Fetch API.
 */
import { createJobs, defineSimulation, type EngineEvent } from "@simstream/core"
import { createHandler, type HandlerOptions } from "@simstream/server"
import * as Schema from "effect/Schema"
import { craps, createGated } from "./simulations.ts"

/** What `GET /_test/state` answers. */
export interface TestState {
  /** Open streams of the handler. */
  readonly streams: number
  /** Subscriptions to the feed of the job that was asked about. */
  readonly subscribers: number
  /** Requests that `authorize` is holding. */
  readonly held: number
  /** What `onError` was told, and what nobody caught. */
  readonly errors: ReadonlyArray<string>
}

/** An engine that publishes as much as anybody could take, from when it is let go until it is cancelled. */
const createFlood = () => {
  let flooding = false
  return {
    release: () => {
      flooding = true
    },
    simulation: defineSimulation({
      name: "flood",
      config: Schema.Struct({}),
      async *run(
        _config,
        { signal },
      ): AsyncGenerator<EngineEvent<{ readonly stats: { readonly text: string } }>> {
        flooding = false
        const text = "x".repeat(10_000)
        while (!signal.aborted) {
          if (flooding) yield { type: "partial", stats: { text } }
          await new Promise((resume) => setTimeout(resume, 5))
        }
      },
    }),
  }
}

/** A result of so many characters. */
const large = defineSimulation({
  name: "large",
  config: Schema.Struct({ characters: Schema.Int }),
  async *run({ characters }): AsyncGenerator<EngineEvent<{ readonly stats: { readonly text: string } }>> {
    yield { type: "result", stats: { text: "0123456789".repeat(characters / 10) } }
  },
})

/** The page that a browser's tests start from. */
const PAGE = '<!doctype html><meta charset="utf-8"><title>Simstream</title>'

/** An answer that begins and then says nothing: what a runtime makes of an idle connection that is not kept alive. */
const silence = (): Response =>
  new Response(
    new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("hello\n")) }),
    { headers: { "content-type": "text/event-stream" } },
  )

const HOLD_HEADER = "x-test-hold"

/** Makes the app. A request with the header `x-test-hold` is held in `authorize` until `POST /_test/release`. */
export const createTestApp = (options: Omit<Partial<HandlerOptions>, "jobs"> = {}) => {
  const gated = createGated()
  gated.shut()
  const flood = createFlood()
  const jobs = createJobs({
    simulations: [craps, gated.simulation, flood.simulation, large],
    // So that a job can be kept waiting behind another.
    concurrency: 1,
  })
  const errors: Array<string> = []
  const holding: Array<() => void> = []
  const note = (error: unknown) => void errors.push(String(error))
  const handler = createHandler({
    jobs,
    ...options,
    authorize: async (request) => {
      if (request.headers.has(HOLD_HEADER)) await new Promise<void>((resolve) => holding.push(resolve))
      return true
    },
    onError: note,
  })

  const state = async (jobId: string | null): Promise<TestState> => ({
    streams: handler.streams(),
    subscribers: jobId === null ? 0 : (await jobs.subscribe(jobId)).feed.subscribers(),
    held: holding.length,
    errors,
  })

  const fetch = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url)
    switch (pathname) {
      case "/":
        return new Response(PAGE, { headers: { "content-type": "text/html; charset=utf-8" } })
      case "/_test/state":
        return Response.json(await state(searchParams.get("job")))
      case "/_test/open":
        gated.open()
        flood.release()
        return Response.json({})
      case "/_test/shut":
        gated.shut()
        return Response.json({})
      case "/_test/silence":
        return silence()
      case "/_test/release":
        for (const release of holding.splice(0)) release()
        return Response.json({})
      default:
        return handler(request)
    }
  }
  return { fetch, handler, jobs, gated, note }
}
