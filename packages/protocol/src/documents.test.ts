/** What docs/protocol.md, docs/errors.md and the README say, where it can be checked against the code. */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { EVENT_TYPES } from "./events.ts"
import { JOB_STATUSES } from "./job.ts"
import { problem, PROBLEMS, type ProblemCode } from "./problem.ts"
import { IDEMPOTENCY_KEY_LIMIT, MAX_ITERATIONS } from "./requests.ts"
import { bodyVectors, encodeVectors, ndjsonVectors, parseVectors, streamVectors } from "./vectors.fixtures.ts"
import { PROTOCOL_VERSION } from "./version.ts"

const docs = new URL("../../../docs/", import.meta.url)
const texts = {
  "protocol.md": readFileSync(new URL("protocol.md", docs), "utf8"),
  "errors.md": readFileSync(new URL("errors.md", docs), "utf8"),
}
const protocol = texts["protocol.md"]

/** The anchors of a page: what GitHub makes of its headings, and those that are written out. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set([
    ...[...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
    ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id),
  ])

/** The cells of the table row that begins with the cell. */
const rowOf = (text: string, first: RegExp): ReadonlyArray<string> => {
  const rows = text.split("\n").filter((line) => line.startsWith("|"))
  const cells = rows.map((row) => row.split("|").map((cell) => cell.trim()))
  return cells.find(([, cell = ""]) => first.test(cell)) ?? []
}

describe.each(Object.entries(texts))("%s", (file, text) => {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link)

  it.each([...new Set(links)].filter((link) => !link.startsWith("https:")))("links to %s", (link) => {
    const [path = "", anchor] = link.split("#")
    const target = new URL(path === "" ? file : path, docs)
    expect(() => statSync(target)).not.toThrow()
    const anchors = anchor === undefined ? [] : [anchor]
    expect([...anchorsOf(readFileOf(target))]).toEqual(expect.arrayContaining(anchors))
  })
})

const readFileOf = (url: URL): string => (statSync(url).isDirectory() ? "" : readFileSync(url, "utf8"))

describe("protocol.md", () => {
  it.each(Object.keys(PROBLEMS) as ReadonlyArray<ProblemCode>)(
    "explains %s where its type links to",
    (code) => {
      const { type, status } = problem(code, "")
      expect(type).toBe(`https://github.com/simstream/simstream/blob/main/docs/protocol.md#${code}`)
      const [, name, statusCell, cause, cure] = rowOf(protocol, new RegExp(`^<a id="${code}">`))
      expect(name).toBe(`<a id="${code}"></a>\`${code}\``)
      expect(statusCell).toBe(String(status))
      expect(cause).not.toBe("")
      expect(cure).not.toBe("")
    },
  )

  it("has a section for each event, and knows each status", () => {
    expect([...anchorsOf(protocol)]).toEqual(expect.arrayContaining([...EVENT_TYPES]))
    for (const status of JOB_STATUSES) expect(protocol).toContain(`\`${status}\``)
  })

  it("states the numbers of the code", () => {
    expect(protocol).toContain(`Version ${PROTOCOL_VERSION}.`)
    expect(rowOf(protocol, /^iterations$/)).toContain(`1 to ${MAX_ITERATIONS.toLocaleString("en")}`)
    expect(rowOf(protocol, /^idempotency key$/)).toContain(`${IDEMPOTENCY_KEY_LIMIT} characters`)
  })

  it("has a worked example that is the first vectors, byte for byte", () => {
    const worked = streamVectors.filter(({ name }) => name.startsWith("the worked example"))
    expect(worked).toHaveLength(2)
    for (const { wire } of worked) expect(protocol).toContain(`\`\`\`\n${wire.join("")}`)
  })

  it("writes heartbeats and farewells as the vectors do", () => {
    expect(protocol).toContain(`\`${encodeVectors.heartbeat.eventStream.trim()}\``)
    expect(protocol).toContain(`\`${encodeVectors.farewell.eventStream.trim()}\``)
  })
})

describe("README.md", () => {
  const folder = new URL("../", import.meta.url)
  const readme = readFileSync(new URL("README.md", folder), "utf8")

  it("has an exchange that is the worked example of protocol.md, shortened", () => {
    const [exchange = ""] = /```\nGET [^]*```(?=\n\n```ts)/.exec(readme) ?? []
    const lines = exchange.split("\n").filter((line) => line !== "" && !line.startsWith("```"))
    expect(lines.length).toBeGreaterThan(20)
    for (const line of lines) expect(protocol).toContain(line.replace("…", ""))
  })

  it("states the figures of the code, its vectors and its schemas", () => {
    const figureOf = (first: RegExp) => rowOf(readme, first)[2]
    const lengthOf = (text: string) => new TextEncoder().encode(text).length
    const { events, heartbeat } = encodeVectors
    const progress = events.find(({ event }) => event.type === "progress")
    const added = (form: "eventStream" | "ndjson") =>
      lengthOf(progress?.[form] ?? "") - lengthOf(JSON.stringify(progress?.event))
    expect(progress?.id).toBe("2-9a8e63")
    expect(figureOf(/^a heartbeat/)).toBe(
      `${lengthOf(heartbeat.eventStream)} bytes, ${lengthOf(heartbeat.ndjson)} byte`,
    )
    expect(figureOf(/^around the JSON/)).toBe(`${added("eventStream")} bytes, ${added("ndjson")} bytes`)
    expect(figureOf(/^schemas/)).toBe(String(readdirSync(new URL("schema", folder)).length))
    expect(figureOf(/^test vectors of a connection/)).toBe(
      String(parseVectors.length + streamVectors.length + ndjsonVectors.length),
    )
    expect(figureOf(/^test vectors of bodies/)).toBe(String(bodyVectors.length))
  })

  it("states the sizes that size-limit allows", () => {
    const limits: ReadonlyArray<{ readonly name: string; readonly limit: string }> = JSON.parse(
      readFileSync(new URL("../../.size-limit.json", folder), "utf8"),
    )
    const [whole, part] = limits.filter(({ name }) => name.startsWith("@simstream/protocol"))
    expect(rowOf(readme, /^the whole package/)[2]).toBe(`at most ${whole?.limit.replace("kB", "KB")}`)
    expect(rowOf(readme, /^its guards and routes/)[2]).toBe(`at most ${part?.limit.replace("kB", "KB")}`)
  })
})
