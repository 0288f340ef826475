import { createJobs, defineSimulation } from "@simstream/core"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Schema from "effect/Schema"
import { expect, it } from "vitest"
import { simulationRoutes } from "./effect.ts"

const constant = defineSimulation({
  name: "constant",
  config: Schema.Struct({}),
  metrics: { one: {} },
  prepare: () => () => ({ one: 1 }),
})

it("serves every route from a router, and streams", async () => {
  const jobs = createJobs({ simulations: [constant] })
  const { handler, dispose } = HttpRouter.toWebHandler(simulationRoutes({ jobs, basePath: "/jobs" }), {
    disableLogger: true,
  })
  const started = await handler(
    new Request("http://x/jobs", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ simulation: "constant", iterations: 100 }),
    }),
  )
  expect(started.status).toBe(202)
  const { jobId } = (await started.json()) as { jobId: string }
  const stream = await handler(new Request(`http://x/jobs/${jobId}/stream`))
  expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
  expect(await stream.text()).toContain("event: complete\nid: ")
  expect((await handler(new Request("http://x/jobs/none"))).status).toBe(404)
  expect((await handler(new Request("http://x/other"))).status).toBe(404)
  await dispose()
  await jobs.shutdown()
})
