/** A shard that this process has taken: it is run, saved now and then, and ended in the queue. */
import type { ShardOutcome, ShardRun } from "@simstream/core/shards"
import { patiently } from "../engine/patiently.ts"
import { savedOf, savedUntil, type ShardData, type ShardNews, type ShardWish } from "../engine/shardJob.ts"
import { isGone, type ShardSource, type TakenShard } from "../engine/shardQueue.ts"
import type { Rest } from "./appetite.ts"
import type { RunningBatch } from "./runners.ts"

/** What there is of a shard is saved this often, in milliseconds, */
const SAVE_MS = 500
/** and less often where there is much of it: so many bytes a second at the most. */
const SAVED_BYTES_PER_MS = 1000
/** Workers that may be lost, one after the other and at the same place, before it is the simulation's fault. */
const LOST_LIMIT = 5

/** What a shard is taken with. */
export interface HeldShardOptions {
  readonly taken: TakenShard
  readonly source: ShardSource
  readonly batch: Omit<RunningBatch, "release">
  /** Aborted when the process ends without waiting. */
  readonly signal: AbortSignal
  readonly onError: (error: Error) => void
  /** Told of the end of the shard, if it was one that others should hear of. */
  readonly onEnded: (news: ShardNews) => void
}

/** A shard at work. */
export interface HeldShard {
  readonly id: string
  readonly token: string
  readonly source: ShardSource
  readonly batchId: string
  /** What is not done yet. */
  readonly rest: () => Rest
  readonly news: () => ShardNews
  /** Saves it if that is due; to be called a few times a second. */
  readonly save: () => void
  readonly wish: (wish: ShardWish["wish"]) => void
  /** It is another's, or nobody's. */
  readonly lose: () => void
  /** Resolves when it is over, whatever became of it. */
  readonly over: Promise<void>
}

export const holdShard = (options: HeldShardOptions): HeldShard => {
  const { taken, source, batch, signal, onError } = options
  const { id, token, stalled } = taken
  const { shard } = taken.data
  const resume = savedOf(taken.data)
  let saved = savedUntil(shard, resume)
  let data: ShardData = taken.data
  let savedMs = performance.now()
  let saveEveryMs = SAVE_MS
  let saving: Promise<void> = Promise.resolve()
  let busy = false
  let lost = false
  let ended = false
  let unwanted = false

  const run: ShardRun = batch.runner.run(shard, resume)
  const beganMs = performance.now()
  const doneBefore = run.done()
  const cancel = () => void run.cancel()

  const lose = () => {
    lost = true
    cancel()
  }
  const wish: HeldShard["wish"] = (wished) => {
    if (wished === "stop") {
      run.stop()
    } else {
      unwanted = true
      cancel()
    }
  }
  const final = { signal, onError, isFinal: isGone }

  const write = async (next: ShardData): Promise<void> => {
    data = next
    await patiently(() => taken.save(next), final)
  }

  const save = () => {
    const until = run.wholeUntil()
    if (busy || ended || until <= saved || performance.now() - savedMs < saveEveryMs) return
    busy = true
    savedMs = performance.now()
    const text = JSON.stringify(run.whole())
    saveEveryMs = Math.max(SAVE_MS, text.length / SAVED_BYTES_PER_MS)
    saving = write({ ...data, saved: text })
      .then(() => {
        saved = until
      })
      .catch(giveUp)
      .finally(() => {
        busy = false
      })
  }

  /** It can't be written to: it is not ours any more, or the process ends. */
  const giveUp = (thrown: unknown) => {
    if (!isGone(thrown) && !signal.aborted)
      onError(thrown instanceof Error ? thrown : new Error(String(thrown)))
    lose()
  }

  const end = async (): Promise<void> => {
    const outcome = (await mourn()) ?? (await run.outcome)
    if (outcome?.type === "ran" && outcome.iterations > 0) batch.measure(outcome.iterations, outcome.tookMs)
    await saving
    ended = true
    if (lost) return
    if (outcome === null || unwanted) {
      await patiently(taken.drop, final)
      return
    }
    await write({ ...data, saved: JSON.stringify(run.parts()) })
    await patiently(() => taken.complete(outcome), final)
    options.onEnded(news())
  }

  /** Takes note of workers that were lost with this shard; says how it ends if there were too many. */
  const mourn = async (): Promise<ShardOutcome | null> => {
    if (stalled === 0) return null
    const before = data.lost
    const times = before?.at === saved ? before.times + 1 : 1
    await write({ ...data, lost: { at: saved, times } })
    if (times < LOST_LIMIT) return null
    await run.cancel()
    return lostTooOften(saved, shard.until, times)
  }

  const news = (): ShardNews => ({ first: shard.first, done: run.done(), saved, ended })

  const rest = (): Rest => {
    const done = run.done()
    const iterations = shard.until - shard.first - done
    const ran = done - doneBefore
    return {
      iterations,
      ms: ran > 0 ? (iterations * (performance.now() - beganMs)) / ran : batch.timeOf(iterations),
    }
  }

  return {
    id,
    token,
    source,
    batchId: batch.batchId,
    rest,
    news,
    save,
    wish,
    lose,
    over: end().catch(giveUp),
  }
}

const lostTooOften = (from: number, until: number, times: number): ShardOutcome => ({
  type: "failed",
  failure: {
    phase: "iteration",
    iteration: null,
    message:
      `${times} worker processes, one after the other, were lost while they ran the iterations from ${from} to ` +
      `${until - 1}. See why they ended; a process that takes too much memory is ended by its system.`,
    stack: null,
    isPublic: false,
  },
})
