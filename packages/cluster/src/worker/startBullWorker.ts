/** A worker process: takes shards from the queues of the simulations that it serves, and runs them on its threads. */
import { randomUUID } from "node:crypto"
import { availableParallelism, hostname } from "node:os"
import { type AnyIterationSimulation, createWorkerPool, type WorkerOptions } from "@simstream/core"
import { versionOf } from "@simstream/core/shards"
import { type Bull, openBull } from "../engine/connection.ts"
import { onceInAWhile, printError } from "../engine/onceInAWhile.ts"
import { within } from "../engine/patiently.ts"
import type { BullPlace } from "../engine/place.ts"
import {
  batchTopic,
  queueOf,
  type ShardNews,
  type WishMessage,
  WISH_TOPIC,
  WORKER_TOPIC,
  type WorkerCard,
  workTopic,
} from "../engine/shardJob.ts"
import type { ShardSource } from "../engine/shardQueue.ts"
import { isHungry } from "./appetite.ts"
import { type HeldShard, holdShard } from "./heldShard.ts"
import { createRunners } from "./runners.ts"

/** What a worker serves, and how. */
export interface BullWorkerOptions extends BullPlace {
  /** What it can run. It leaves alone the shards of any other simulation, and of any other version of these. */
  readonly simulations: ReadonlyArray<AnyIterationSimulation>
  /** How its threads are made; their file calls `serveSimulations` with the same simulations. One for each processor by default. */
  readonly workers: WorkerOptions
  /** Told of a server that can't be reached, among other things. Prints by default. */
  readonly onError?: (error: Error) => void
}

/** A worker at work. */
export interface BullWorker {
  /** A name that no other worker has. */
  readonly name: string
  /** The version of each simulation that it serves, by name. */
  readonly versions: Readonly<Record<string, string>>
  /**
   * Takes no more shards, and hands back those that it runs, with what there is of them. What does not end an iteration
   * within `graceMs` (10 s) is left as it was last saved, and another worker goes on with that.
   */
  readonly close: (options?: { readonly graceMs?: number }) => Promise<void>
}

/** How often a worker looks what is to be saved and told, and says that it still has its shards, in milliseconds, */
const TICK_MS = 250
const RENEW_MS = 1000
/** A shard that takes less than so long is told of as soon as it is begun: the next ones are cut as that one goes. */
const SHORT_MS = 500
/** looks whether there is work or a wish that it has not heard of, */
const CHECK_MS = 2000
/** and tells that it is there. That is believed for as long as this. */
const CARD_MS = 3000
const CARD_KEPT_MS = 10_000
const DEFAULT_GRACE_MS = 10_000
/** How long it may take to say that it is gone, in milliseconds; those who don't hear it find out. */
const FAREWELL_MS = 1000

/**
 * Starts a worker in this process. The Promise resolves when it is connected and takes shards.
 *
 * @example
 * ```ts
 * import { startBullWorker } from "@simstream/cluster"
 * import { Worker } from "node:worker_threads"
 *
 * const worker = await startBullWorker({
 *   connection: "redis://127.0.0.1:6379",
 *   simulations: [dice],
 *   workers: { spawn: () => new Worker(new URL("./simulations.worker.js", import.meta.url)) },
 * })
 * process.once("SIGTERM", () => void worker.close())
 * ```
 *
 * Rejects with an Error in words when the server can't be reached, and with a TypeError when there is no simulation.
 */
export const startBullWorker = async (options: BullWorkerOptions): Promise<BullWorker> => {
  const { simulations } = options
  if (simulations.length === 0) throw new TypeError("A worker needs at least one simulation.")
  const onError = onceInAWhile(options.onError ?? printError)
  const threads = options.workers.count ?? availableParallelism()
  const pool = createWorkerPool({ ...options.workers, count: threads })
  const bull = await openBull(options, onError).catch((thrown: unknown) => {
    pool.close()
    throw thrown
  })
  const name = randomUUID().replaceAll("-", "")
  const served = simulations.map((simulation) => serve(bull, simulation))
  const versions = Object.fromEntries(served.map(({ simulation, version }) => [simulation.name, version]))

  const runners = createRunners({ pool, worker: name })
  const held = new Set<HeldShard>()
  const leaving = new AbortController()
  let open = true
  let tokens = 0

  /** Something whose failure is told, and healed by doing it again the next time. */
  const quietly = (doing: Promise<unknown>): Promise<void> =>
    doing.then(
      () => undefined,
      (thrown: unknown) => {
        if (open) onError(thrown instanceof Error ? thrown : new Error(String(thrown)))
      },
    )
  /** Like it, but not while the last time is still under way. */
  const oneAtATime = (act: () => Promise<unknown>): (() => Promise<void>) => {
    let underWay: Promise<void> | null = null
    return () => {
      underWay ??= quietly(act()).finally(() => {
        underWay = null
      })
      return underWay
    }
  }

  /** Like it, but what is asked for while one is under way is done once more behind it. */
  const inTurn = (act: () => Promise<unknown>): (() => Promise<void>) => {
    let again = false
    const turn = async (): Promise<void> => {
      again = false
      await quietly(act())
      if (again && open) await turn()
    }
    const once = oneAtATime(turn)
    return () => {
      again = true
      return once()
    }
  }

  /** Of shards that are over, until it is told. */
  let last: ReadonlyArray<{ readonly batchId: string; readonly news: ShardNews }> = []
  let toldMs = 0
  /** Tells how far all shards are: what happens while one message is under way goes into one more. */
  const tellNews = inTurn(async () => {
    toldMs = performance.now()
    const going = [...held].map(({ batchId, news }) => ({ batchId, news: news() }))
    const byBatch = groupBy([...last, ...going], ({ batchId }) => batchId)
    last = []
    await Promise.all(
      [...byBatch].map(([batchId, all]) =>
        bull.relay.publish(
          batchTopic(batchId),
          all.map(({ news }) => news),
        ),
      ),
    )
  })

  const hungry = (): boolean =>
    open &&
    isHungry(
      [...held].map(({ rest }) => rest()),
      threads,
    )

  /** Takes shards for as long as there are some and the threads have time for them, of each simulation in turn. */
  const takeAll = async (): Promise<void> => {
    for (let none = 0; none < served.length && hungry();) {
      const next = served.shift()
      if (next === undefined) return
      served.push(next)
      const taken = await next.source.take(`${name}.${tokens++}`)
      if (taken === null) {
        none++
        continue
      }
      none = 0
      const batch = runners.hold(taken.data, next)
      const shard = holdShard({
        taken,
        source: next.source,
        batch,
        signal: leaving.signal,
        onError,
        onEnded: (news) => {
          last = [...last, { batchId: batch.batchId, news }]
          void tellNews()
        },
      })
      held.add(shard)
      if (!open) shard.wish("stop")
      if (shard.rest().ms < SHORT_MS) void tellNews()
      void shard.over.then(() => {
        held.delete(shard)
        batch.release()
        void take()
      })
    }
  }
  const take = inTurn(takeAll)

  const renew = oneAtATime(async () => {
    const bySource = groupBy(held, ({ source }) => source)
    await Promise.all(
      [...bySource].map(async ([source, shards]) => {
        const lost = await source.renew(shards)
        for (const shard of shards) if (lost.includes(shard.id) && held.has(shard)) shard.lose()
      }),
    )
  })

  const check = oneAtATime(async () => {
    await Promise.all(
      [...held].map(async (shard) => {
        const found = await shard.source.get(shard.id)
        if (found === null) shard.lose()
        else if (found.wish !== null) shard.wish(found.wish)
      }),
    )
  })

  const card: WorkerCard = { worker: name, host: hostname(), pid: process.pid, threads, versions }
  const cardTopic = `${WORKER_TOPIC}.${name}`
  const tellCard = oneAtATime(() => bull.relay.publish(cardTopic, card, { retain: CARD_KEPT_MS }))

  await bull.relay.subscribe<WishMessage>(WISH_TOPIC, ({ data: { batchId, wish } }) => {
    for (const shard of held) if (shard.batchId === batchId) shard.wish(wish)
  })
  for (const { source, topic } of served) {
    await source.recover(() => void take())
    await bull.relay.subscribe(topic, () => void take())
  }
  await tellCard()
  let wasHungry = true
  const timers = [
    setInterval(() => {
      for (const shard of held) shard.save()
      if (held.size > 0 && performance.now() - toldMs > bull.newsEveryMs - TICK_MS / 2) void tellNews()
      // Some of its shards are nearly done.
      if (hungry() && !wasHungry) void take()
      wasHungry = hungry()
    }, TICK_MS),
    setInterval(() => void renew(), RENEW_MS),
    setInterval(() => {
      void check()
      void take()
      runners.sweep()
    }, CHECK_MS),
    setInterval(() => void tellCard(), CARD_MS),
  ]
  void take()

  const close = async (graceMs: number): Promise<void> => {
    open = false
    const all = [...held].map((shard) => {
      shard.wish("stop")
      return shard.over
    })
    await within(graceMs, Promise.all(all))
    for (const timer of timers) clearInterval(timer)
    leaving.abort(new Error("The worker was closed."))
    for (const shard of held) shard.lose()
    await within(FAREWELL_MS, quietly(bull.relay.deleteRetained(cardTopic)))
    await quietly(bull.close())
    pool.close()
  }
  let closed: Promise<void> | null = null
  return {
    name,
    versions,
    close: ({ graceMs = DEFAULT_GRACE_MS } = {}) => (closed ??= close(graceMs)),
  }
}

/** A simulation, and the queue that it is taken from. */
interface Served {
  readonly simulation: AnyIterationSimulation
  readonly version: string
  readonly source: ShardSource
  readonly topic: string
}

const serve = (bull: Bull, simulation: AnyIterationSimulation): Served => {
  const version = versionOf(simulation)
  const queue = queueOf(simulation.name, version)
  return { simulation, version, source: bull.source(queue), topic: workTopic(queue) }
}

const groupBy = <K, A>(all: Iterable<A>, keyOf: (one: A) => K): ReadonlyMap<K, ReadonlyArray<A>> => {
  const groups = new Map<K, Array<A>>()
  for (const one of all) {
    const key = keyOf(one)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  return groups
}
