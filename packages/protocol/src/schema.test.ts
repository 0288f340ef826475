/** The JSON Schemas against the vectors, the guards, and the constants of this package. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseEventId } from "./eventId.ts"
import { EVENT_TYPES } from "./events.ts"
import { isJobSnapshot, isProblem, isProgress, isStreamEvent } from "./guards.ts"
import { JOB_STATUSES } from "./job.ts"
import { problem, PROBLEMS, type ProblemCode } from "./problem.ts"
import { MAX_ITERATIONS } from "./requests.ts"
import { ajv, schemaBase, schemas, validator } from "./schemas.fixtures.ts"
import { bodyVectors, encodeVectors, ndjsonVectors, streamVectors } from "./vectors.fixtures.ts"
import { PROTOCOL_VERSION, RESULT_SCHEMA_VERSION } from "./version.ts"

const isEvent = validator("event.json")
const isLine = validator("ndjson-line.json")
const isSnapshot = validator("snapshot.json")
const isProblemBody = validator("problem.json")

describe("the schemas", () => {
  it.each(schemas)("%s compiles, and says where it is", (file, { $id, $schema }) => {
    expect($schema).toBe("https://json-schema.org/draft/2020-12/schema")
    expect($id).toBe(`${schemaBase}${file}`)
    expect(ajv.getSchema($id)).toBeTypeOf("function")
  })

  it("know the same names and numbers as the code", () => {
    const named = Object.fromEntries(schemas)
    expect(named["job.json"]).toMatchObject({ $defs: { status: { enum: [...JOB_STATUSES] } } })
    expect(named["problem.json"]).toMatchObject({ $defs: { code: { enum: Object.keys(PROBLEMS) } } })
    expect(named["event.json"]).toMatchObject({
      oneOf: EVENT_TYPES.map((type) => ({ $ref: `#/$defs/${type}` })),
    })
    expect(named["start-request.json"]).toMatchObject({
      properties: { iterations: { maximum: MAX_ITERATIONS } },
    })
    const connected = { type: "connected", jobId: "a", status: "queued", heartbeatMs: 1 }
    expect(isEvent({ ...connected, protocol: PROTOCOL_VERSION })).toBe(true)
    expect(isEvent({ ...connected, protocol: PROTOCOL_VERSION + 1 })).toBe(false)
    const completed = streamVectors.flatMap(({ delivered }) => delivered.map(({ event }) => event))
    expect(completed).toContainEqual(
      expect.objectContaining({ type: "complete", schemaVersion: RESULT_SCHEMA_VERSION }),
    )
  })

  it.each(Object.keys(PROBLEMS) as ReadonlyArray<ProblemCode>)(
    "take the problem %s, as it is made",
    (code) => {
      expect(isProblemBody(problem(code, "This happened.", [{ path: ["config", 0], message: "no" }]))).toBe(
        true,
      )
      expect(isProblemBody({ ...problem(code, "This happened."), status: 200 })).toBe(false)
    },
  )
})

describe("the vectors", () => {
  it.each([...streamVectors, ...ndjsonVectors])("deliver events that are valid: $name", ({ delivered }) => {
    for (const { id, event } of delivered) {
      expect(isEvent(event)).toBe(true)
      expect(isStreamEvent(event)).toBe(true)
      expect(isLine(parseEventId(id ?? "") === null ? event : { id, ...event })).toBe(true)
    }
  })

  it.each(encodeVectors.events)("encode an event that is valid: $name", ({ event, ndjson }) => {
    expect(isEvent(event)).toBe(true)
    expect(isLine(JSON.parse(ndjson))).toBe(true)
  })

  it("of an event that has an id and must not are invalid as a line", () => {
    const [connected] = encodeVectors.events
    expect(isLine({ id: "1-a", ...connected?.event })).toBe(false)
  })

  it.each(bodyVectors)("$schema: $name is valid: $valid", ({ schema, valid, body }) => {
    expect(validator(`${schema}.json`)(body)).toBe(valid)
  })
})

/** A guard, the schema of exactly what it checks, and the schema of what a server sends, if there is one. */
const guards: Record<
  "isStreamEvent" | "isProgress" | "isJobSnapshot" | "isProblem",
  readonly [
    guard: (value: unknown) => boolean,
    envelope: (value: unknown) => boolean,
    full: (value: unknown) => boolean,
  ]
> = {
  isStreamEvent: [isStreamEvent, validator("envelope.json#/$defs/event"), isEvent],
  isProgress: [isProgress, validator("envelope.json#/$defs/progress"), validator("job.json#/$defs/progress")],
  isJobSnapshot: [isJobSnapshot, validator("envelope.json#/$defs/snapshot"), isSnapshot],
  isProblem: [isProblem, validator("envelope.json#/$defs/problem"), isProblemBody],
}

const samples: Record<keyof typeof guards, ReadonlyArray<unknown>> = {
  isStreamEvent: [...streamVectors, ...ndjsonVectors].flatMap(({ delivered }) =>
    delivered.map(({ event }) => event),
  ),
  isProgress: bodyVectors.flatMap(({ body }) =>
    typeof body === "object" && body !== null && "progress" in body ? [body.progress] : [],
  ),
  isJobSnapshot: bodyVectors.filter(({ schema }) => schema === "snapshot").map(({ body }) => body),
  isProblem: [
    ...bodyVectors.filter(({ schema }) => schema === "problem").map(({ body }) => body),
    ...(Object.keys(PROBLEMS) as ReadonlyArray<ProblemCode>).map((code) => problem(code, "This happened.")),
  ],
}

/** Values that one field may be mistaken for: of every type, and names that belong elsewhere. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom<unknown>(
    ...EVENT_TYPES,
    ...JOB_STATUSES,
    ...Object.keys(PROBLEMS),
    null,
    0,
    -1,
    0.5,
    "7",
    "",
    [],
    {},
    "__proto__",
    "toString",
  ),
)

type Change = { readonly field: number; readonly value: unknown; readonly remove: boolean }

/** The sample with some of its fields removed or replaced. */
const mutate = (sample: unknown, changes: ReadonlyArray<Change>): unknown => {
  if (typeof sample !== "object" || sample === null) return sample
  const fields = Object.entries(sample)
  for (const { field, value, remove } of changes) {
    const at = field % Math.max(1, fields.length)
    const [name] = fields[at] ?? ["extra"]
    fields.splice(at, 1, ...(remove ? [] : [[name, value] as [string, unknown]]))
  }
  return JSON.parse(JSON.stringify(Object.fromEntries(fields)))
}

describe.each(Object.keys(guards) as ReadonlyArray<keyof typeof guards>)("%s", (name) => {
  const [guard, envelope, full] = guards[name]

  it("takes and refuses the same as the schema of the envelope, and all that a server may send", () => {
    const seen = { taken: 0, refused: 0 }
    const agree = (value: unknown) => {
      const taken = guard(value)
      expect(envelope(value)).toBe(taken)
      expect(taken || !full(value)).toBe(true)
      seen[taken ? "taken" : "refused"]++
    }
    for (const sample of samples[name]) agree(sample)
    const changes = fc.array(fc.record({ field: fc.nat(30), value: anything, remove: fc.boolean() }), {
      maxLength: 2,
    })
    fc.assert(
      fc.property(fc.constantFrom(...samples[name]), changes, (sample, all) => agree(mutate(sample, all))),
      { seed: 1, numRuns: 4000 },
    )
    fc.assert(
      fc.property(fc.jsonValue(), (value) => agree(value)),
      { seed: 2, numRuns: 500 },
    )
    // Neither side was tested by the other's mistakes alone
    expect(seen.taken).toBeGreaterThan(500)
    expect(seen.refused).toBeGreaterThan(500)
  })
})
