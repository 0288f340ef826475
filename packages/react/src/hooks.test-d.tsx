// What the types promise. Compiled, never run.
import type { Client, ClientError, JobFailed, JobHandle } from "@simstream/client"
import type { Progress, Result } from "@simstream/protocol"
import { expectTypeOf } from "vitest"
import * as untyped from "./index.ts"
import { createSimulationHooks, SimulationProgress, type SettledJob, type SimulationJob } from "./index.ts"
import { createFakeSimulations } from "./testing.tsx"

interface DiceOutputs {
  readonly stats: { readonly mean: number }
  readonly timeline: null
  readonly charts: { readonly pips: ReadonlyArray<number> }
}

interface CrapsOutputs {
  readonly stats: { readonly winShare: number }
  readonly timeline: null
  readonly charts: null
}

type Simulations = {
  readonly dice: { readonly input: { readonly sides: number }; readonly outputs: DiceOutputs }
  readonly craps: { readonly input: { readonly odds: number }; readonly outputs: CrapsOutputs }
}

declare const client: Client<Simulations>
const { SimulationProvider, useSimulation, useSimulationClient, useSimulationResult, useSimulationStream } =
  createSimulationHooks<Simulations>()

export function StatusNarrowsEverything() {
  const job = useSimulationStream<"dice">("a")
  expectTypeOf(job).toEqualTypeOf<SimulationJob<DiceOutputs>>()
  expectTypeOf(job.status).toEqualTypeOf<
    "idle" | "connecting" | "queued" | "running" | "complete" | "cancelled" | "error"
  >()
  expectTypeOf(job.connection).toEqualTypeOf<
    "idle" | "connecting" | "open" | "reconnecting" | "polling" | "closed"
  >()
  expectTypeOf(job.progress).toEqualTypeOf<Progress | null>()
  expectTypeOf(job.partialStats).toEqualTypeOf<{ readonly mean: number } | null>()

  // @ts-expect-error: there is a result only when the job is complete
  void job.result.stats

  switch (job.status) {
    case "idle":
      expectTypeOf(job.jobId).toEqualTypeOf<string | null>()
      expectTypeOf(job.progress).toEqualTypeOf<null>()
      expectTypeOf(job.connection).toEqualTypeOf<"idle">()
      return null
    case "complete":
      expectTypeOf(job.result).toEqualTypeOf<Result<DiceOutputs>>()
      expectTypeOf(job.result.stats.mean).toEqualTypeOf<number>()
      expectTypeOf(job.error).toEqualTypeOf<null>()
      return null
    case "error":
      expectTypeOf(job.result).toEqualTypeOf<null>()
      expectTypeOf(job.error).toEqualTypeOf<JobFailed | ClientError>()
      return null
    default:
      expectTypeOf(job.jobId).toEqualTypeOf<string>()
      expectTypeOf(job.result).toEqualTypeOf<null>()
      expectTypeOf(job.error).toEqualTypeOf<null>()
      return null
  }
}

export function TheActionsAreThereWhateverTheStatus() {
  const { cancel, stop, retry } = useSimulationStream("a")
  expectTypeOf(cancel).toEqualTypeOf<() => Promise<void>>()
  expectTypeOf(stop).toEqualTypeOf<() => void>()
  expectTypeOf(retry).toEqualTypeOf<() => void>()
}

export function OutputsAreThoseOfTheSimulationThatIsNamed() {
  expectTypeOf(useSimulationStream("a").partialStats).toEqualTypeOf<
    DiceOutputs["stats"] | CrapsOutputs["stats"] | null
  >()
  expectTypeOf(useSimulationStream("a", { simulation: "craps" })).toEqualTypeOf<SimulationJob<CrapsOutputs>>()
  expectTypeOf(useSimulationResult("a", { simulation: "dice" })).toEqualTypeOf<Result<DiceOutputs>>()
  expectTypeOf(useSimulationResult<"craps">("a")).toEqualTypeOf<Result<CrapsOutputs>>()

  const job = useSimulationStream<"dice">("a")
  // @ts-expect-error: a metric of another simulation, or one that was renamed
  void job.partialStats?.winShare
  // @ts-expect-error: there is no such simulation
  useSimulationStream<"roulette">("a")
  // @ts-expect-error: there is no such simulation
  useSimulationStream("a", { simulation: "roulette" })
}

export function IdsMayBeMissing() {
  useSimulationStream(null)
  useSimulationStream(undefined)
  // @ts-expect-error: a job id is text
  useSimulationStream(7)
}

export function SelectDecidesWhatIsReturned() {
  expectTypeOf(
    useSimulationStream("a", { select: (job) => job.progress?.percentage ?? 0 }),
  ).toEqualTypeOf<number>()

  const mean = useSimulationStream("a", {
    simulation: "dice",
    select: (job) => {
      expectTypeOf(job).toEqualTypeOf<SimulationJob<DiceOutputs>>()
      return job.partialStats?.mean
    },
    isEqual: (previous, next) => {
      expectTypeOf(previous).toEqualTypeOf<number | undefined>()
      return previous === next
    },
  })
  expectTypeOf(mean).toEqualTypeOf<number | undefined>()

  expectTypeOf(
    useSimulationStream<"craps", boolean>("a", { select: (job) => job.status === "running" }),
  ).toEqualTypeOf<boolean>()

  // @ts-expect-error: isEqual compares what select returns, so there is nothing to compare without it
  useSimulationStream("a", { isEqual: () => true })
}

export function CallbacksKnowTheSimulation() {
  useSimulationStream("a", {
    simulation: "dice",
    onProgress: (progress) => expectTypeOf(progress).toEqualTypeOf<Progress>(),
    onSettled: (job) => {
      expectTypeOf(job).toEqualTypeOf<SettledJob<DiceOutputs>>()
      expectTypeOf(job.status).toEqualTypeOf<"complete" | "cancelled" | "error">()
      if (job.status === "complete") expectTypeOf(job.result.stats).toEqualTypeOf<DiceOutputs["stats"]>()
      if (job.status === "error") expectTypeOf(job.error.code).toEqualTypeOf<string>()
      if (job.status === "cancelled") expectTypeOf(job.result).toEqualTypeOf<null>()
    },
  })
}

export function StartTakesTheConfigOfTheSimulation() {
  const dice = useSimulation("dice")
  expectTypeOf(dice.start).returns.toEqualTypeOf<Promise<JobHandle<DiceOutputs>>>()
  void dice.start({ config: { sides: 6 }, iterations: 1000, seed: "lucky" })
  // @ts-expect-error: the config of another simulation
  void dice.start({ config: { odds: 2 } })
  // @ts-expect-error: no config
  void dice.start({})
  // @ts-expect-error: there is no such simulation
  useSimulation("roulette")

  expectTypeOf(dice.starting).toEqualTypeOf<boolean>()
  expectTypeOf(dice.startError).toEqualTypeOf<Error | null>()
  expectTypeOf(dice.reset).toEqualTypeOf<() => void>()
  if (dice.status === "complete") expectTypeOf(dice.result.charts.pips).toEqualTypeOf<ReadonlyArray<number>>()
}

export function AStartMayBeFollowedElsewhere() {
  const { jobId } = useSimulation("dice", { enabled: false })
  expectTypeOf(jobId).toEqualTypeOf<string | null>()
  useSimulationStream(jobId, { simulation: "dice" })
  useSimulation("dice", {
    jobId: null,
    onSettled: (job) => expectTypeOf(job).toEqualTypeOf<SettledJob<DiceOutputs>>(),
  })
  // @ts-expect-error: a part of the job is for whoever follows it by its id
  useSimulation("dice", { select: () => 1 })
}

export function EveryHookReturnsWhatTheProgressComponentsTake() {
  return (
    <SimulationProvider client={client}>
      <SimulationProgress job={useSimulation("dice")} />
      <SimulationProgress job={useSimulationStream("a")} />
    </SimulationProvider>
  )
}

export function TheClientIsThatOfTheProvider() {
  expectTypeOf(useSimulationClient()).toEqualTypeOf<Client<Simulations>>()
}

export function AProviderRefusesAClientOfOtherSimulations(props: {
  client: Client<{ readonly chess: Simulations["dice"] }>
}) {
  // @ts-expect-error: the hooks would promise outputs that this client's server doesn't have
  return <SimulationProvider client={props.client} />
}

export function AFakeServerHasAClientOfTheSameTypes() {
  const { client: fake, Provider } = createFakeSimulations<Simulations>()
  expectTypeOf(fake).toEqualTypeOf<Client<Simulations>>()
  return <Provider>{useSimulation("dice").status}</Provider>
}

export function TheTypesOfTheProtocolThatAreMetComeAlong(snapshot: untyped.JobSnapshot<DiceOutputs>) {
  expectTypeOf(
    useSimulationStream<"dice">("a", { initialSnapshot: snapshot }).progress,
  ).toEqualTypeOf<untyped.Progress | null>()
  expectTypeOf(useSimulationResult<"dice">("a")).toEqualTypeOf<untyped.Result<DiceOutputs>>()
}

export function TheHooksWithoutAMapTakeAnyClientAndKnowNoOutputs() {
  const job = untyped.useSimulationStream("a")
  expectTypeOf(job.partialStats).toEqualTypeOf<unknown>()
  expectTypeOf(job.progress).toEqualTypeOf<Progress | null>()
  void untyped.useSimulation("dice").start({ config: { anything: 1 } })
  return <untyped.SimulationProvider client={client} />
}
