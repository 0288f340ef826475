import type { StandardSchemaV1 } from "@standard-schema/spec"
import { expectTypeOf, it } from "vitest"
import type { EffectClient, EffectJob } from "./effect.ts"
import {
  checkOutputs,
  createClient,
  jobStateOf,
  openStream,
  type Client,
  type ClientError,
  type EventStream,
  type JobFailed,
  type JobHandle,
  type JobSnapshot,
  type JobState,
  type ListResponse,
  type Outputs,
  type Problem,
  type Progress,
  type RequestFailed,
  type Result,
  type SimulationMap,
  type StartOptions,
  type StopRules,
  type StreamEvent,
  type Watcher,
} from "./index.ts"

interface Dice extends Outputs {
  readonly stats: { readonly mean: number }
  readonly timeline: null
  readonly charts: null
}

interface Craps extends Outputs {
  readonly stats: { readonly winShare: number }
  readonly timeline: null
  readonly charts: null
}

type Simulations = {
  readonly dice: { readonly input: { readonly sides: number }; readonly outputs: Dice }
  readonly craps: { readonly input: { readonly odds?: number }; readonly outputs: Craps }
}

const client = createClient<Simulations>({ url: "/api" })

it("start knows the simulations, their configs and their outputs", async () => {
  const job = await client.start("dice", {
    config: { sides: 6 },
    iterations: 10,
    seed: "7",
    stop: { timeMs: 1 },
  })
  expectTypeOf(job.result).returns.resolves.toEqualTypeOf<Result<Dice>>()
  expectTypeOf((await job.result()).stats.mean).toEqualTypeOf<number>()
  expectTypeOf(job.watch()).toEqualTypeOf<Watcher<Dice>>()
  for await (const event of job.events()) {
    if (event.type === "partial") expectTypeOf(event.stats.mean).toEqualTypeOf<number>()
    if (event.type === "complete") expectTypeOf(event.stats).toEqualTypeOf<Dice["stats"]>()
    if (event.type === "progress") expectTypeOf(event.percentage).toEqualTypeOf<number | null>()
  }

  // @ts-expect-error -- there is no such simulation
  await client.start("chess", { config: {} })
  // @ts-expect-error -- sides is missing
  await client.start("dice", { config: {} })
  // @ts-expect-error -- sides is a number
  await client.start("dice", { config: { sides: "six" } })
  // @ts-expect-error -- a seed that is a bigint is no JSON: send it as text
  await client.start("dice", { config: { sides: 6 }, seed: 7n })
  // @ts-expect-error -- a config must be given
  await client.start("craps", {})
})

it("an id alone may be of any simulation, and of one when it is named", () => {
  expectTypeOf(client.get("id")).resolves.toEqualTypeOf<
    JobSnapshot<Dice | Craps, { readonly sides: number } | { readonly odds?: number }>
  >()
  expectTypeOf(client.get<"dice">("id")).resolves.toEqualTypeOf<
    JobSnapshot<Dice, { readonly sides: number }>
  >()
  expectTypeOf(client.result<"craps">("id")).resolves.toEqualTypeOf<Result<Craps>>()
  expectTypeOf(client.watch<"dice">("id")).toEqualTypeOf<Watcher<Dice>>()
  expectTypeOf(client.watch("id")).toEqualTypeOf<Watcher<Dice | Craps>>()
  // @ts-expect-error -- there is no such simulation
  client.watch<"chess">("id")
})

it("a job that was read can be started again, as it was", async () => {
  const { request } = await client.get<"dice">("id")
  expectTypeOf(client.start("dice", request)).resolves.toEqualTypeOf<JobHandle<Dice>>()
  // @ts-expect-error -- those are the dice of another game
  await client.start("craps", (await client.get<"dice">("id")).request)
})

it("the state of a watched job is told apart by its status", () => {
  const state = client.watch<"dice">("id").getSnapshot()
  expectTypeOf(state).toEqualTypeOf<JobState<Dice>>()
  expectTypeOf(state.progress).toEqualTypeOf<Progress | null>()
  expectTypeOf(state.partial?.stats).toEqualTypeOf<Dice["stats"] | undefined>()
  if (state.status === "complete") {
    expectTypeOf(state.result).toEqualTypeOf<Result<Dice>>()
    expectTypeOf(state.error).toEqualTypeOf<null>()
  } else if (state.status === "error") {
    expectTypeOf(state.error).toEqualTypeOf<JobFailed | ClientError>()
    expectTypeOf(state.result).toEqualTypeOf<null>()
  } else {
    expectTypeOf(state.error).toEqualTypeOf<null>()
    expectTypeOf(state.status).toEqualTypeOf<"connecting" | "queued" | "running" | "cancelled">()
  }
})

it("errors are told apart by their tag", () => {
  const { error } = client.watch("id").getSnapshot()
  expectTypeOf(error).toEqualTypeOf<JobFailed | ClientError | null>()
  if (error?._tag === "RequestFailed") expectTypeOf(error.status).toEqualTypeOf<number>()
  if (error?._tag === "JobFailed") expectTypeOf(error.code).toEqualTypeOf<string>()
  if (error?._tag === "InvalidEvent") expectTypeOf(error.event).toEqualTypeOf<string | null>()
})

it("a client without types takes anything", async () => {
  const any = createClient({ url: "/api" })
  expectTypeOf(any).toEqualTypeOf<Client<SimulationMap>>()
  const job = await any.start("whatever", { config: 3 })
  expectTypeOf((await job.result()).stats).toEqualTypeOf<unknown>()
})

it("a typed client can be given to whoever takes a client of any simulations", () => {
  const any: Client = client
  expectTypeOf(any.watch("id").getSnapshot()).toEqualTypeOf<JobState>()
  expectTypeOf<Client<Simulations>>().toExtend<Client>()
  expectTypeOf<EffectClient<Simulations>>().toExtend<EffectClient>()
  expectTypeOf<EffectJob<Dice>>().toExtend<EffectJob>()
  expectTypeOf<JobHandle<Dice>>().toExtend<JobHandle>()
  expectTypeOf<Watcher<Dice>>().toExtend<Watcher>()
  expectTypeOf<EventStream<Dice>>().toExtend<EventStream>()
  expectTypeOf<JobState<Dice>>().toExtend<JobState>()
})

it("a client of other simulations can't", () => {
  expectTypeOf<Client<Pick<Simulations, "dice">>>().not.toExtend<Client<Pick<Simulations, "craps">>>()
})

it("everything in its signatures can be named without another package", () => {
  expectTypeOf(client.get("id")).resolves.toEqualTypeOf<
    JobSnapshot<Dice | Craps, Simulations["dice" | "craps"]["input"]>
  >()
  expectTypeOf(client.list()).resolves.toEqualTypeOf<ListResponse>()
  expectTypeOf<RequestFailed["problem"]>().toEqualTypeOf<Problem | null>()
  expectTypeOf<NonNullable<StartOptions["stop"]>>().toEqualTypeOf<StopRules>()
})

it("a state is had from a snapshot alone", () => {
  expectTypeOf(jobStateOf<Dice>("id")).toEqualTypeOf<JobState<Dice>>()
  const snapshot = {} as JobSnapshot<Dice>
  expectTypeOf(jobStateOf("id", snapshot)).toEqualTypeOf<JobState<Dice>>()
})

it("schemas give outputs their types, and those of the simulation must agree with them", () => {
  const stats = {} as StandardSchemaV1<unknown, Dice["stats"]>
  const check = checkOutputs({ stats })
  expectTypeOf(check).returns.toEqualTypeOf<
    StreamEvent<{ stats: Dice["stats"]; timeline: unknown; charts: unknown }>
  >()
  client.events<"dice">("id", { check: checkOutputs({ stats }) })
  client.watch<"dice">("id", { check: checkOutputs({ stats }) })
  void client.result<"dice">("id", { check: checkOutputs({ stats }) })
  createClient<Simulations>({ url: "/api", check })
  // @ts-expect-error -- the schema is of something else
  client.events<"craps">("id", { check: checkOutputs({ stats }) })
})

it("a check says what events it lets pass", async () => {
  const stream = openStream<Dice>("/api/1/stream", {
    check: (event) => {
      if (event.type !== "partial") return event as never
      expectTypeOf(event.stats).toEqualTypeOf<unknown>()
      return { ...event, stats: { mean: 1 }, timeline: null, charts: null }
    },
    onEvent: (event) => {
      if (event.type === "complete") expectTypeOf(event.stats.mean).toEqualTypeOf<number>()
    },
  })
  await using _closing = stream
  expectTypeOf(stream.lastEventId).toEqualTypeOf<string>()
})
