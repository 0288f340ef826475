// The bindings of docs/guides/other-frameworks.md, run as they are printed, each in its framework.
import { execFile } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { beforeAll, expect, it } from "vitest"
import { writeGuide } from "./guides.ts"

let folder: string

/** In place of the page's own client, one of a fake server. */
const CLIENT = `import { createClient } from "@simstream/client"
import { createFakeServer } from "@simstream/client/testing"

export const server = createFakeServer()
export const client = createClient({ url: server.url, fetch: server.fetch })
`

beforeAll(() => {
  folder = writeGuide("guides/other-frameworks")
  writeFileSync(join(folder, "client.ts"), CLIENT)
})

it.each(["vue", "svelte", "solid"])(
  "the one for %s follows a job, and another, and leaves",
  async (framework) => {
    const program = join(import.meta.dirname, "frameworks.main.ts")
    // Solid has a version for servers, in which nothing reacts
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--conditions=browser",
      program,
      folder,
      framework,
    ])
    expect(JSON.parse(stdout)).toEqual({
      shown: [
        "first connecting -",
        "first running -",
        "first running 10",
        "first running 60",
        "first complete 60",
        "second connecting -",
        "second running -",
        "second running 5",
      ],
      watched: 1,
      left: 0,
      // A connection each
      asked: 2,
    })
  },
)
