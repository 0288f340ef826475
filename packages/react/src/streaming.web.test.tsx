import { renderToReadableStream } from "react-dom/server.browser"
import { testStreaming } from "./streaming.fixtures.tsx"

async function* partsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

// What is not known on the server is no failure of the test's
testStreaming("renderToReadableStream", async (page) =>
  partsOf(await renderToReadableStream(page, { onError: () => {} })),
)
