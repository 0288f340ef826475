/** A batch that no worker runs: finds out why, and says it. */
import type { EngineBatch } from "@simstream/core/shards"
import { WORKER_TOPIC, type WorkerCard } from "./shardJob.ts"

/** A batch is starving when no worker has said anything of it for so long, in milliseconds. */
const STARVING_MS = 5000
/** Cards that are shown in a message at the most. */
const SHOWN = 5

/** A message that the relay has kept. */
export interface Kept {
  readonly topic: string
  /** As JSON. */
  readonly data: string
}

/** Looks after one batch. */
export interface Starvation {
  /** A worker has said something of the batch. */
  readonly fed: () => void
  /** Whether no worker has said anything of it for some seconds. */
  readonly isStarving: () => boolean
  /** To be called now and then while the batch has shards that nobody has ended. */
  readonly check: () => Promise<void>
}

/** Whom to ask, and whom to tell. */
export interface StarvationOptions {
  readonly batch: Pick<EngineBatch, "id" | "simulation" | "version">
  readonly versionWaitMs: number
  /** What workers have told of themselves, among other things. */
  readonly workers: () => Promise<ReadonlyArray<Kept>>
  /** Says once more that there is work: the word may have been lost, and where none can be said that is to be noticed. */
  readonly call: () => void
  readonly onError: (error: Error) => void
  /** There were workers, all with other versions, for long enough. */
  readonly onMismatch: (error: Error) => void
  /** Milliseconds on a clock that only goes forward; for tests. */
  readonly now?: () => number
}

export const createStarvation = ({
  batch,
  versionWaitMs,
  workers,
  call,
  onError,
  onMismatch,
  now = () => performance.now(),
}: StarvationOptions): Starvation => {
  const { id, simulation, version } = batch
  let fedMs = now()
  let mismatchedMs: number | null = null
  let called = false

  const isStarving = () => now() - fedMs >= STARVING_MS
  return {
    fed: () => {
      fedMs = now()
      mismatchedMs = null
      called = false
    },
    isStarving,
    check: async () => {
      if (!isStarving()) return
      // Once where workers may be busy, for there may be thousands of them, and batches.
      if (!called) call()
      called = true
      const cards = (await workers()).filter(({ topic }) => topic.startsWith(`${WORKER_TOPIC}.`)).map(cardOf)
      const serving = cards.filter(({ versions }) => simulation in versions)
      if (serving.some(({ versions }) => versions[simulation] === version)) {
        // Busy with others.
        mismatchedMs = null
        return
      }
      if (serving.length === 0) {
        mismatchedMs = null
        called = false
        const who =
          cards.length === 0 ? "there is no worker" : `none of the ${cards.length} workers serves it`
        onError(
          new Error(`The batch ${id} of "${simulation}" waits: ${who}. Start one: npx simstream-worker …`),
        )
        return
      }
      const error = new Error(mismatch(simulation, version, serving))
      mismatchedMs ??= now()
      if (now() - mismatchedMs >= versionWaitMs) onMismatch(error)
      else onError(new Error(`The batch ${id} waits: ${error.message}`))
    },
  }
}

const cardOf = ({ data }: Kept): WorkerCard => JSON.parse(data) as WorkerCard

/** What the workers refuse, and why. */
const mismatch = (simulation: string, version: string, serving: ReadonlyArray<WorkerCard>): string => {
  const shown = serving
    .slice(0, SHOWN)
    .map(({ host, pid, versions }) => `${versions[simulation]} (${host}, process ${pid})`)
  const more = serving.length > SHOWN ? ` and ${serving.length - SHOWN} more` : ""
  return (
    `no worker has version ${version} of "${simulation}"; they have ${shown.join(", ")}${more}. ` +
    "Give servers and workers the same code; where it is built differently, give the definition a `version`."
  )
}
