/**
 * The way to BullMQ, on Redis or on PostgreSQL. A process has one connection for all of its queues, and a relay: BullMQ's
 * means to reach other processes, which are no part of any queue. The libraries are loaded when they are needed.
 */
import type { BackendFactory, IQueueBackend, Relay } from "bullmq"
import type { Redis } from "ioredis"
import type { ShardOutcome } from "@simstream/core/shards"
import { within } from "./patiently.ts"
import type { BullConnection, BullPlace } from "./place.ts"
import type { ShardData } from "./shardJob.ts"
import { type ShardQueue, shardQueue, type ShardSource, shardSource } from "./shardQueue.ts"

/** BullMQ, connected. */
export interface Bull {
  readonly queue: (name: string) => ShardQueue
  readonly source: (name: string) => ShardSource
  readonly relay: Relay
  /** How often a worker should tell how far it is, in milliseconds. */
  readonly newsEveryMs: number
  readonly close: () => Promise<void>
}

const DEFAULT_NAMESPACE = "simstream"
/** A shard whose worker has not been heard of for so long is somebody else's, in milliseconds, */
export const LOCK_MS = 4000
/** as is found when it is looked for: this often, twice, in milliseconds. */
const STALLED_MS = 2000
/** How often a shard may lose its worker is for the shard to say, and not for the queue. */
const STALLED_LIMIT = 1_000_000
/** How long a process that says nothing is taken for one that may still hear, in milliseconds. */
const LEASE_MS = 9000
/** Events of queues that are kept: BullMQ writes them, and nobody here reads them. */
const EVENTS = { events: { maxLen: 1 } }
/** Longest pause between two attempts to reach a server, in milliseconds. */
const RETRY_MS = 1000
/** A server that does not answer for so long can't be reached, in milliseconds. */
const CONNECT_MS = 10_000
/** How long each part of the goodbye may take when the server does not answer, in milliseconds. */
const CLOSE_MS = 2000
/** A message takes Redis a tenth of a millisecond, and PostgreSQL three, in eight statements. In milliseconds. */
const REDIS_NEWS_MS = 250
const POSTGRES_NEWS_MS = 500
/** Connections to PostgreSQL in a process, but for the two on which it listens. */
const POOL_SIZE = 6

/** Which server a connection is to, and what its client takes. */
const serverOf = (
  connection: BullConnection,
): { readonly kind: "redis" | "postgres"; readonly options: Record<string, unknown> } => {
  if (typeof connection !== "string") {
    return "redis" in connection
      ? { kind: "redis", options: { ...connection.redis } }
      : { kind: "postgres", options: { ...connection.postgres } }
  }
  if (/^rediss?:/.test(connection)) return { kind: "redis", options: { url: connection } }
  if (/^postgres(ql)?:/.test(connection)) {
    return { kind: "postgres", options: { connectionString: connection } }
  }
  throw new TypeError(
    `connection must be a URL such as redis://127.0.0.1:6379 or postgres://127.0.0.1/mydb; got ${withoutSecrets(connection)}.`,
  )
}

/** The names that BullMQ takes for a schema. */
const SCHEMA_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/
/** What does no harm in the name of a key. */
const PREFIX = /^[^\s\p{Cc}]{1,128}$/u

/**
 * Checks where a server should be.
 *
 * @throws TypeError when that is no URL of Redis or PostgreSQL, or the namespace is none there
 */
export const checkPlace = ({ connection, namespace = DEFAULT_NAMESPACE }: BullPlace): void => {
  const { kind } = serverOf(connection)
  if (kind === "postgres" && !SCHEMA_NAME.test(namespace)) {
    throw new TypeError(
      `namespace must be the name of a schema, of up to 63 letters, digits and "_"; got ${JSON.stringify(namespace)}.`,
    )
  }
  if (!PREFIX.test(namespace)) {
    throw new TypeError(
      `namespace must be a prefix of keys, of up to 128 characters and no spaces; got ${JSON.stringify(namespace)}.`,
    )
  }
}

/**
 * Connects.
 *
 * @throws Error in words when the server can't be reached; TypeError when a library is not installed, or there is no
 * such connection
 */
export const openBull = async (place: BullPlace, onError: (error: Error) => void): Promise<Bull> => {
  checkPlace(place)
  const { connection, namespace = DEFAULT_NAMESPACE } = place
  const { kind, options } = serverOf(connection)
  return kind === "redis" ? openRedis(options, namespace, onError) : openPostgres(options, namespace, onError)
}

const openRedis = async (
  { url, ...given }: Record<string, unknown>,
  prefix: string,
  onError: (error: Error) => void,
): Promise<Bull> => {
  const bullmq = await load("bullmq", () => import("bullmq"))
  const ioredis = await load("ioredis", () => import("ioredis"))
  const options = {
    // What can't be done now waits until Redis is there again.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, RETRY_MS),
    connectTimeout: CONNECT_MS,
    ...given,
    lazyConnect: true,
  }
  const client: Redis = typeof url === "string" ? new ioredis.Redis(url, options) : new ioredis.Redis(options)
  const { host, port } = client.options
  let lastError: Error | undefined = undefined
  client.on("error", (error: Error) => {
    lastError = error
  })
  try {
    await client.connect()
  } catch (thrown) {
    client.disconnect()
    throw unreachable(`Redis at ${host}:${port}`, lastError ?? thrown)
  }
  client.on("error", onError)
  const relay = new bullmq.Relay({ connection: client, prefix, namespace: "shards", ...RELAY })
  relay.on("error", onError)
  try {
    await relay.waitUntilReady()
  } catch (thrown) {
    await within(CLOSE_MS, relay.close())
    client.disconnect()
    throw unreachable(`Redis at ${host}:${port}`, thrown)
  }
  // Without the connection that waits for jobs: the relay says when there are some.
  const queues = createQueues(
    bullmq,
    { connection: client, prefix },
    (name, of) => bullmq.createRedisBackend(name, of),
    onError,
  )
  return {
    ...queues,
    relay,
    newsEveryMs: REDIS_NEWS_MS,
    close: async () => {
      await within(CLOSE_MS, relay.close())
      await within(CLOSE_MS, queues.close())
      client.disconnect()
    },
  }
}

const openPostgres = async (
  given: Record<string, unknown>,
  schema: string,
  onError: (error: Error) => void,
): Promise<Bull> => {
  const bullmq = await load("bullmq", () => import("bullmq"))
  await load("pg", () => import("pg"))
  const options = {
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_MS,
    ...given,
    // What a crash of the server takes back, of the last moment, is found out as a loss of Redis is.
    options: [given["options"], "-c synchronous_commit=off"].filter(Boolean).join(" "),
    schema,
    migrate: true,
  }
  const connection = new bullmq.PostgresConnection(options)
  let relay: Relay | null = null
  const close = async () => {
    if (relay !== null) await within(CLOSE_MS, relay.close())
    await within(CLOSE_MS, connection.close())
  }
  try {
    await connection.waitUntilReady()
    relay = new bullmq.Relay({
      connection: { ...options, max: 2 },
      namespace: "shards",
      ...RELAY,
      backend: bullmq.createPostgresRelayBackend,
    })
    await relay.waitUntilReady()
  } catch (thrown) {
    await close()
    const { connectionString, host = "localhost" } = given
    throw unreachable(`PostgreSQL at ${withoutSecrets(String(connectionString ?? host))}`, thrown)
  }
  connection.on("error", onError)
  relay.on("error", onError)
  const queues = createQueues(
    bullmq,
    { connection: {} },
    (name, of) => new bullmq.PostgresQueueBackend(connection, name, { ...of, connection: options }, false),
    onError,
  )
  return {
    ...queues,
    relay,
    newsEveryMs: POSTGRES_NEWS_MS,
    close: async () => {
      await within(CLOSE_MS, queues.close())
      await close()
    },
  }
}

type BullMQ = typeof import("bullmq")

/** Makes one for each name, once. */
const kept = <A>(make: (name: string) => A) => {
  const byName = new Map<string, A>()
  return (name: string): A => {
    const made = byName.get(name) ?? make(name)
    byName.set(name, made)
    return made
  }
}

/** Makes queues and sources, each once. */
const createQueues = <B extends IQueueBackend>(
  bullmq: BullMQ,
  where: { readonly connection: object; readonly prefix?: string },
  backend: BackendFactory<B>,
  onError: (error: Error) => void,
) => {
  const { Queue, Worker } = bullmq.withBackend(backend)
  const all: Array<{ close: () => Promise<void> }> = []
  const queueOf = kept((name) => {
    const queue = new Queue<ShardData, ShardOutcome>(name, { ...where, streams: EVENTS })
    queue.on("error", onError)
    all.push(queue)
    return queue
  })
  return {
    queue: kept((name) => shardQueue(queueOf(name))),
    source: kept((name) => {
      const worker = new Worker<ShardData, ShardOutcome>(name, null, { ...where, ...WORKER })
      worker.on("error", onError)
      all.push(worker)
      return shardSource(worker, queueOf(name), LOCK_MS)
    }),
    close: async () => void (await Promise.all(all.map((each) => each.close()))),
  }
}

const RELAY = {
  leaseDuration: LEASE_MS,
  heartbeatInterval: LEASE_MS / 3,
  sweepInterval: LEASE_MS,
  blockTimeout: 1000,
}

const WORKER = {
  autorun: false,
  lockDuration: LOCK_MS,
  stalledInterval: STALLED_MS,
  maxStalledCount: STALLED_LIMIT,
}

const load = async <A>(name: string, importing: () => Promise<A>): Promise<A> => {
  try {
    return await importing()
  } catch (thrown) {
    throw new TypeError(
      `The package "${name}" is needed, and can't be loaded; install it: npm install ${name}`,
      {
        cause: thrown,
      },
    )
  }
}

const unreachable = (what: string, thrown: unknown): Error =>
  new Error(`${what} can't be reached: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
    cause: thrown,
  })

/** A URL without the passwords in it, even where one has characters that should have been encoded. */
const withoutSecrets = (url: string): string =>
  url.replace(/(\/\/[^:@/]*):.*@/, "$1:***@").replace(/(password=)[^&]*/gi, "$1***")
