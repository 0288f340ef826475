/** Types of the wire. Checked by `tsc -b`, never run. */
import { describe, expectTypeOf, it } from "vitest"
import type { EventType, JobEvent, StreamEvent, TerminalEvent } from "./events.ts"
import { isJobSnapshot, isProblem, isStreamEvent } from "./guards.ts"
import type { JobSnapshot } from "./job.ts"
import type { Problem } from "./problem.ts"

interface Dps {
  readonly stats: { readonly dps: number }
  readonly timeline: null
  readonly charts: ReadonlyArray<number>
}

describe("events", () => {
  it("are told apart by their type", () => {
    expectTypeOf<StreamEvent["type"]>().toEqualTypeOf<EventType>()
    expectTypeOf<TerminalEvent["type"]>().toEqualTypeOf<"complete" | "error" | "cancelled">()
    expectTypeOf<Exclude<EventType, JobEvent["type"]>>().toEqualTypeOf<"connected">()
  })

  it("carry the outputs of their simulation", () => {
    type Event<Type extends EventType> = Extract<StreamEvent<Dps>, { readonly type: Type }>
    expectTypeOf<Event<"partial">["stats"]>().toEqualTypeOf<{ readonly dps: number }>()
    expectTypeOf<Event<"complete">["charts"]>().toEqualTypeOf<ReadonlyArray<number>>()
    expectTypeOf<Event<"cancelled">["stats"]>().toEqualTypeOf<{ readonly dps: number } | undefined>()
  })
})

describe("guards", () => {
  it("narrow what came over the wire", () => {
    expectTypeOf(isStreamEvent<Dps>).guards.toEqualTypeOf<StreamEvent<Dps>>()
    expectTypeOf(isJobSnapshot<Dps>).guards.toEqualTypeOf<JobSnapshot<Dps>>()
    expectTypeOf(isProblem).guards.toEqualTypeOf<Problem>()
  })
})
