/**
 * A batch on the workers of a cluster, from the side of the one who wants it: adds its shards to the queue of its
 * simulation, and hears of them. What workers say is a hint, where to look; what counts is in the queue, and whatever has
 * not been heard of for a while is looked up there.
 */
import type {
  EncodedPart,
  EngineBatch,
  EngineEvents,
  EngineSession,
  Shard,
  ShardOutcome,
} from "@simstream/core/shards"
import type { Bull } from "./connection.ts"
import { patiently, unlessAborted } from "./patiently.ts"
import {
  batchTopic,
  newShardData,
  queueOf,
  savedOf,
  savedUntil,
  type ShardNews,
  shardId,
  type ShardWish,
  type WishMessage,
  WISH_TOPIC,
  workTopic,
} from "./shardJob.ts"
import type { QueuedShard } from "./shardQueue.ts"
import { createStarvation } from "./starvation.ts"
import { createWaiting } from "./waiting.ts"

/** What of BullMQ a session needs. */
export interface SessionBull extends Pick<Bull, "queue"> {
  readonly relay: Pick<Bull["relay"], "publish" | "subscribe" | "getRetained">
}

/** What a session needs. */
export interface BullSessionOptions {
  readonly bull: Promise<SessionBull>
  readonly batch: EngineBatch
  readonly events: EngineEvents
  readonly versionWaitMs: number
  /** Aborted when the engine is closed. */
  readonly engineSignal: AbortSignal
  readonly onError: (error: Error) => void
}

/** What workers have of shards is read this often, for display, in milliseconds. */
const LOOK_MS = 500
/** A shard that was not heard of for so long is looked up, in milliseconds. */
const SILENT_MS = 2000
/** A shard is kept for so long after the batch has it: the batch's own checkpoint may be older. In milliseconds. */
const KEPT_MS = 120_000
/** How long the end of a session may take, in milliseconds. */
const CLOSE_MS = 2000

/** A shard that was submitted and is not forgotten. */
interface OutShard {
  shard: Shard
  /** While it is being added. */
  adding: Promise<void> | null
  heardMs: number
  /** The iteration behind the last one that was read of it, and that there is to be read. */
  readUntil: number
  savedUntil: number
  ended: boolean
  /** How many want it to be read, the one that is reading among them. */
  readers: number
  /** When the batch had it; `null` while it has not. */
  deliveredMs: number | null
}

export const createBullSession = (options: BullSessionOptions): EngineSession => {
  const { batch, events, versionWaitMs } = options
  const text = JSON.stringify(batch)
  const queueName = queueOf(batch.simulation, batch.version)
  const out = new Map<number, OutShard>()
  /** Those of which nobody has said that he has begun; `announced` are those that workers were told of. */
  const waiting = new Map<OutShard, { announced: boolean }>()
  const closing = new AbortController()
  const signal = AbortSignal.any([closing.signal, options.engineSignal])
  /** Nobody hears of what goes wrong after the end. */
  const onError = (error: Error) => {
    if (!signal.aborted) options.onError(error)
  }
  let wish: ShardWish["wish"] | null = null
  let connected = false

  const idOf = ({ first }: Shard): string => shardId(batch.id, first)
  const withBull = async <A>(use: (bull: SessionBull) => Promise<A>): Promise<A> => {
    const done = obstacle.ask()
    try {
      const bull = await unlessAborted(options.bull, signal)
      connected = true
      return await patiently(() => use(bull), { signal, onError })
    } finally {
      done()
    }
  }
  const withQueue = <A>(use: (queue: ReturnType<Bull["queue"]>) => Promise<A>): Promise<A> =>
    withBull((bull) => use(bull.queue(queueName)))
  /** Says something that may be lost. */
  const tell = (topic: string, message: object): Promise<void> =>
    withBull(async ({ relay }) => void (await relay.publish(topic, message)))
  /** For what nobody waits for: it goes on until it is done or the session ends. */
  const quietly = (doing: Promise<unknown>): void => {
    doing.catch(onError)
  }

  const add = async (state: OutShard, next: boolean): Promise<void> => {
    const { shard } = state
    state.adding = withQueue((queue) => queue.add(idOf(shard), newShardData(text, shard), next))
    await state.adding
    if (!state.ended) waiting.set(state, { announced: false })
    announce()
  }

  /**
   * Says that there is work, if it has to be said: a worker that has nothing to do and was told of one shard that waits has
   * taken it, and looks for more. So it is time again when all are taken that were told of.
   */
  const announce = (): void => {
    const all = [...waiting.values()]
    if (all.length === 0 || all.some(({ announced }) => announced)) return
    for (const each of all) each.announced = true
    wakeWorkers()
  }
  const begun = (state: OutShard): void => {
    if (waiting.delete(state)) announce()
  }

  let waking: Promise<void> | null = null
  let wakeAgain = false
  /** Says that there is work. What is added while that is under way is told of once more behind it. */
  const wakeWorkers = (): void => {
    wakeAgain = waking !== null
    waking ??= tell(workTopic(queueName), {}).finally(() => {
      waking = null
      if (wakeAgain) wakeWorkers()
    })
    quietly(waking)
  }

  const track = (shard: Shard): OutShard => {
    const { first } = shard
    const state: OutShard = {
      shard,
      adding: null,
      heardMs: performance.now(),
      readUntil: first,
      savedUntil: first,
      ended: false,
      readers: 0,
      deliveredMs: null,
    }
    out.set(first, state)
    return state
  }

  const submit: EngineSession["submit"] = async (asked, { next } = { next: false }) => {
    const state = track(asked)
    for (;;) {
      await add(state, next)
      const found = await withQueue((queue) => queue.get(idOf(asked)))
      // Taken and ended within the moment, or lost with the server's memory: the next look will tell.
      if (found === null) return asked
      if (found.data.batch !== text) {
        throw new Error(
          `the id "${batch.id}" is that of another batch, with another config, seed or version.`,
        )
      }
      const { outcome, data } = found
      if (outcome === null || isOfUse(data.shard, outcome, savedOf(data))) {
        state.shard = data.shard
        if (outcome !== null) quietly(read(asked.first))
        return data.shard
      }
      // It was ended before it had begun, or refused: it is to be run again.
      await withQueue((queue) => queue.remove(idOf(asked)))
    }
  }

  /** Looks up a shard, and tells what there is of it. */
  const read = async (first: number): Promise<void> => {
    const state = out.get(first)
    if (state === undefined || state.ended) return
    if (++state.readers > 1) return
    try {
      const found = await withQueue((queue) => queue.get(idOf(state.shard)))
      state.heardMs = performance.now()
      if (found === null) await addAgain(state)
      else hearOf(state, found)
    } finally {
      const { readers } = state
      state.readers = 0
      // What others wanted to read may have come after it was read.
      if (readers > 1) quietly(read(first))
    }
  }

  const hearOf = (state: OutShard, { data, outcome }: QueuedShard): void => {
    const { shard } = state
    if (state.ended || signal.aborted) return
    const saved = savedOf(data)
    if (outcome !== null) {
      state.ended = true
      begun(state)
      fed()
      events.finished(shard.first, saved, outcome)
      return
    }
    const until = savedUntil(shard, saved)
    state.savedUntil = Math.max(state.savedUntil, until)
    if (until <= state.readUntil) return
    state.readUntil = until
    begun(state)
    fed()
    events.running(shard.first, until - shard.first)
    events.partial(shard.first, saved)
  }

  /** The server has lost it, with its memory. */
  const addAgain = async (state: OutShard): Promise<void> => {
    if (wish !== null) return
    state.readUntil = state.shard.first
    state.savedUntil = state.shard.first
    await add(state, true)
  }

  const hear = (news: ReadonlyArray<ShardNews>): void => {
    for (const { first, done, saved, ended } of news) {
      const state = out.get(first)
      if (state === undefined || state.ended) continue
      state.heardMs = performance.now()
      state.savedUntil = Math.max(state.savedUntil, saved)
      begun(state)
      fed()
      if (ended) quietly(read(first))
      else events.running(first, done)
    }
  }

  const starvation = createStarvation({
    batch,
    versionWaitMs,
    workers: () => withBull(({ relay }) => relay.getRetained()),
    call: () => wakeWorkers(),
    onError,
    onMismatch: (error) => events.failed(error),
  })
  const isUnended = (): boolean => [...out.values()].some(({ ended }) => !ended)
  const obstacle = createWaiting({
    isStarving: () => wish === null && starvation.isStarving() && isUnended(),
    onAnswered: starvation.fed,
    onChange: (what) => {
      if (!signal.aborted) events.waiting(what)
    },
  })

  const fed = () => {
    starvation.fed()
    obstacle.look()
  }

  const look = (): void => {
    obstacle.look()
    for (const [first, state] of out) {
      if (!state.ended && state.savedUntil > state.readUntil) quietly(read(first))
    }
  }

  let starving: Promise<void> | null = null
  const check = (): void => {
    const nowMs = performance.now()
    const forgotten: Array<Shard> = []
    for (const [first, state] of out) {
      if (!state.ended && nowMs - state.heardMs >= SILENT_MS) quietly(read(first))
      if (state.deliveredMs !== null && nowMs - state.deliveredMs >= KEPT_MS) {
        out.delete(first)
        forgotten.push(state.shard)
      }
    }
    for (const shard of forgotten) quietly(withQueue((queue) => queue.remove(idOf(shard))))
    if (!isUnended() || wish !== null || starving !== null) return
    starving = starvation.check().finally(() => {
      starving = null
    })
    quietly(starving)
  }

  const subscribing = withBull(({ relay }) =>
    relay.subscribe<ReadonlyArray<ShardNews>>(batchTopic(batch.id), ({ data }) => hear(data)),
  )
  quietly(subscribing)
  const looking = setInterval(look, LOOK_MS)
  const checking = setInterval(check, SILENT_MS)

  /** Makes a wish for every shard that has not ended; one that nobody runs is removed instead. */
  const makeWish = async (wished: ShardWish["wish"]): Promise<void> => {
    wish = wished
    const states = [...out.values()]
    const make = async (state: OutShard) => {
      const id = idOf(state.shard)
      await state.adding?.catch(() => undefined)
      const gone = await withQueue((queue) => queue.remove(id))
      if (gone) return
      await withQueue((queue) => queue.wish(id, wished))
      // It may have ended in between.
      if (wished === "cancel") await withQueue((queue) => queue.remove(id))
    }
    const going = states.filter(({ ended }) => !ended)
    const message: WishMessage = { batchId: batch.id, wish: wished }
    const telling = going.length > 0 ? [tell(WISH_TOPIC, message)] : []
    await Promise.all([...going.map(make), ...telling])
    // There may be thousands of these, and nobody waits for any.
    if (wished === "cancel") await Promise.all(states.filter(({ ended }) => ended).map(make))
  }

  const onEngineClosed = () => events.failed(new Error("the engine was closed."))
  options.engineSignal.addEventListener("abort", onEngineClosed)

  return {
    submit,
    delivered: (until) => {
      for (const state of out.values()) {
        if (state.shard.first < until && state.ended) state.deliveredMs ??= performance.now()
      }
    },
    stop: () => quietly(makeWish("stop")),
    close: async ({ keep } = { keep: false }) => {
      clearInterval(looking)
      clearInterval(checking)
      options.engineSignal.removeEventListener("abort", onEngineClosed)
      // Where the server was never reached there is nothing to be said.
      const timer = setTimeout(
        () => closing.abort(new Error("The session was closed.")),
        connected ? CLOSE_MS : 0,
      )
      try {
        if (!keep) await makeWish("cancel")
        await (await subscribing).unsubscribe()
      } catch {
        // There was no time for more; what is left is found out by workers, and removed after a while.
      } finally {
        clearTimeout(timer)
        closing.abort(new Error("The session was closed."))
      }
    },
  }
}

/** Whether what a shard gave, that ended in a process before this one, is of use. */
const isOfUse = (shard: Shard, outcome: ShardOutcome, saved: ReadonlyArray<EncodedPart>): boolean =>
  outcome.type === "ran" && savedUntil(shard, saved) > shard.first
