// React can't have two of its server renderers in one process, so each has a file of its own.
import { PassThrough } from "node:stream"
import { renderToPipeableStream } from "react-dom/server.node"
import { testStreaming } from "./streaming.fixtures.tsx"

testStreaming("renderToPipeableStream", async (page) => {
  const parts = new PassThrough({ encoding: "utf8" })
  const { pipe } = renderToPipeableStream(page, {
    onShellReady: () => pipe(parts),
    // What is not known on the server is no failure of the test's
    onError: () => {},
  })
  return parts
})
