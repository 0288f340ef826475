/** Writes down what a running job says, for as long as its lease is good, and through every outage of the store. */
import type { JobEvent, TerminalEvent } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type { Checkpoint } from "../batch/checkpoint.ts"
import type { Feed, FeedEntry } from "../feed/feed.ts"
import type { JobChange, JobLease, JobStore, Kept, StorePace } from "./store.ts"

/** A write that failed is tried again after 250 ms, then after twice as long each time, up to 5 s. */
const BACK_OFF = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")])

/**
 * A checkpoint may take no more than one per cent of the time, however large it is and however slow the store: the next one
 * comes a hundred times as long after it as it took, but not later than ten times the pace that the store asks for.
 */
const CHECKPOINT_SHARE = 0.01
const CHECKPOINT_DELAY_MOST = 10

/** How long those who watch a job wait for its end to be saved. They are told then, saved or not. */
const PATIENCE = "2 seconds"

/** What became of the last write: the store has it, another process runs the job, or the store can't be reached yet. */
export type Outcome = "kept" | "lost" | "unsaved"

/** Saves one job. */
export interface Saver {
  /** Saves the end of the job. When that takes too long, the answer is `"unsaved"`, and it is tried until it is done. */
  readonly end: (last: FeedEntry<TerminalEvent>, retentionMs: number) => Promise<Outcome>
  /** Gives the job back with its newest checkpoint, for another process to go on. Answers like `end`. */
  readonly release: () => Promise<Outcome>
  /** What became of the last write, however long it takes; `"unsaved"` when it was given up. */
  readonly settled: () => Promise<Outcome>
  /** Gives up what is still to be saved. */
  readonly stop: () => void
}

/** What a saver works with. */
export interface SaverOptions {
  readonly store: JobStore
  readonly lease: JobLease
  readonly feed: Feed<JobEvent>
  /** The batch put aside as it is now; `null` when that is not possible. */
  readonly checkpoint: () => Checkpoint | null
  /** Called with what became of each save under way. */
  readonly onKept: (kept: Kept) => void
}

const isUnderWay = (entry: FeedEntry<JobEvent>): entry is JobChange["events"][number] =>
  entry.event.type === "progress" || entry.event.type === "partial"

/** Saves a job from now on, at the pace of its store. */
export const createSaver = ({ store, lease, feed, checkpoint, onKept }: SaverOptions): Saver => {
  /** Revision of the newest event that was saved. */
  let saved = feed.revision()
  let writtenMs = performance.now()
  /** When the next checkpoint is due. */
  let dueMs = writtenMs + (store.pace?.saveEveryMs ?? 0)

  const change = (isDue: boolean): JobChange => {
    const taken = isDue ? checkpoint() : null
    return {
      events: feed.since(saved).filter(isUnderWay),
      ...(taken === null ? {} : { checkpoint: taken }),
    }
  }

  const save = async (saveEveryMs: number): Promise<void> => {
    const beginMs = performance.now()
    const isDue = beginMs >= dueMs
    // Without news it is written for the lease's sake.
    if (!isDue && feed.revision() === saved && beginMs - writtenMs < saveEveryMs) return
    const { events, ...rest } = change(isDue)
    const kept = await store.save(lease, { events, ...rest })
    saved = events[events.length - 1]?.revision ?? saved
    writtenMs = beginMs
    if (isDue) {
      const pauseMs = (performance.now() - beginMs) / CHECKPOINT_SHARE
      dueMs = beginMs + Math.min(Math.max(saveEveryMs, pauseMs), CHECKPOINT_DELAY_MOST * saveEveryMs)
    }
    onKept(kept)
  }

  const saving = ({ saveEveryMs, shareEveryMs }: StorePace) =>
    Effect.tryPromise(() => save(saveEveryMs)).pipe(
      // A save under way is waited for: what comes behind it must not overtake it.
      Effect.uninterruptible,
      Effect.retry(BACK_OFF),
      Effect.delay(Math.min(saveEveryMs, shareEveryMs ?? saveEveryMs)),
      Effect.forever,
    )

  const { pace } = store
  let fiber: Fiber.Fiber<unknown, unknown> = Effect.runFork(pace === null ? Effect.void : saving(pace))
  let settled: Promise<Outcome> = Promise.resolve("unsaved")

  /** Writes for the last time. */
  const finish = (write: () => Promise<Kept>): Promise<Outcome> => {
    const writing = Fiber.interrupt(fiber).pipe(
      Effect.andThen(Effect.tryPromise(write)),
      Effect.retry(BACK_OFF),
      Effect.map(({ held }): Outcome => (held ? "kept" : "lost")),
    )
    const finishing = Effect.runFork(writing)
    fiber = finishing
    const outcome = Fiber.await(finishing).pipe(
      Effect.map((exit) => (Exit.isSuccess(exit) ? exit.value : "unsaved")),
    )
    settled = Effect.runPromise(outcome)
    return Effect.runPromise(
      outcome.pipe(
        Effect.timeoutOrElse({ duration: PATIENCE, orElse: () => Effect.succeed("unsaved" as const) }),
      ),
    )
  }

  return {
    end: (last, retentionMs) =>
      finish(() => store.end(lease, { events: change(false).events, last, retentionMs })),
    release: () => finish(() => store.release(lease, change(true))),
    settled: () => settled,
    stop: () => void Effect.runFork(Fiber.interrupt(fiber)),
  }
}
