import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { expect, it } from "vitest"
import { fakeFetch, frame, progress } from "./fetch.fixtures.ts"
import { openStream } from "./stream.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Lets every task that is due run, so that nothing on the stack holds on to a value. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

it("lets go of an event once it was read", async () => {
  const { fetch, request } = fakeFetch()
  const stream = openStream("https://example.com/job_9f3c/stream", { fetch })
  const refs: Array<WeakRef<object>> = []
  const read = (async () => {
    for await (const event of stream) refs.push(new WeakRef(event))
  })()
  const server = (await request(0)).stream()
  for (let i = 1; i <= 100; i++) {
    server.write(frame(progress(i), i))
    await turn()
  }
  expect(refs).toHaveLength(100)
  await turn()
  collect()
  // The loop itself may hold on to the last one
  expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(1)
  stream.close()
  await read
})
