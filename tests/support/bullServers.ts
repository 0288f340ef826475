/** The servers that a batch is shared out by, as tests use them: real ones, at the end of a cable that a test can pull. */
import { spawn, spawnSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Redis } from "ioredis"
import { type BullEngineOptions, createBullEngine } from "@simstream/cluster"
import { describe, onTestFinished } from "vitest"
import { type Cable, layCable } from "./cable.ts"
import { createDatabase, describeOnPostgres } from "./postgres.ts"

const REDIS_VARIABLE = "SIMSTREAM_TEST_REDIS_URL"
const REDIS_URL = process.env[REDIS_VARIABLE] ?? "redis://127.0.0.1:6379"

/** Whether a skip is a failure. */
const IS_REQUIRED = process.env["CI"] !== undefined || process.env["SIMSTREAM_REQUIRE_SERVICES"] === "1"

export type ServerKind = "Redis" | "PostgreSQL"

const findRedis = async (): Promise<string | null> => {
  const client = new Redis(REDIS_URL, { lazyConnect: true, retryStrategy: () => null })
  client.on("error", () => undefined)
  try {
    await client.connect()
    client.disconnect()
    return REDIS_URL
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    if (IS_REQUIRED)
      throw new Error(`Redis is required here: start it, or set ${REDIS_VARIABLE}.`, { cause: thrown })
    console.warn(`\nREDIS: ${REDIS_URL} can't be used: ${reason}`)
    console.warn(`EVERY TEST THAT NEEDS REDIS IS SKIPPED. Start it, or set ${REDIS_VARIABLE}.\n`)
    return null
  }
}

let found: Promise<string | null> | undefined = undefined
/** Where Redis is; `null` when there is none, which has been said loudly then. */
const redisUrl = (): Promise<string | null> => (found ??= findRedis())

/** Describes something on each kind of server. Where there is none it is skipped; in CI that is a failure. */
export const describeOnEach = async (name: string, suite: (kind: ServerKind) => void): Promise<void> => {
  describe.skipIf((await redisUrl()) === null)(`${name}, on Redis`, () => suite("Redis"))
  await describeOnPostgres(`${name}, on PostgreSQL`, () => suite("PostgreSQL"))
}

/** Room for one test on a server: a prefix of its own on Redis, a database of its own on PostgreSQL. */
interface TestPlace extends AsyncDisposable {
  readonly connection: string
  readonly namespace: string
  /** Ends every connection to it, if others than the test's can be told apart. */
  readonly terminate: () => Promise<void>
}

const createPlace = async (kind: ServerKind): Promise<TestPlace> => {
  const namespace = `test_${randomUUID().replaceAll("-", "").slice(0, 16)}`
  if (kind === "Redis") {
    return {
      connection: REDIS_URL,
      namespace,
      terminate: async () => undefined,
      [Symbol.asyncDispose]: () => clearPrefix(namespace),
    }
  }
  const database = await createDatabase()
  return {
    connection: database.url,
    namespace,
    terminate: async () => void (await database.terminate()),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

const clearPrefix = async (prefix: string): Promise<void> => {
  const client = new Redis(REDIS_URL)
  for await (const keys of client.scanStream({ match: `${prefix}:*`, count: 1000 })) {
    if (Array.isArray(keys) && keys.length > 0) await client.unlink(keys)
  }
  client.disconnect()
}

/** Room for one test with an engine in it, and what the engine has told. All is gone when the test has ended. */
export const createCluster = async (kind: ServerKind, options: Partial<BullEngineOptions> = {}) => {
  const place = await createPlace(kind)
  const { connection, namespace, terminate } = place
  const told: Array<string> = []
  const engine = createBullEngine({
    connection,
    namespace,
    onError: ({ message }) => told.push(message),
    ...options,
  })
  onTestFinished(async () => {
    await engine.close()
    await place[Symbol.asyncDispose]()
  })
  return { connection, namespace, terminate, engine, told }
}

/** A cable to the server at a URL, and the URL by way of it. */
export const layCableTo = async (target: string): Promise<Cable> => {
  const url = new URL(target)
  const cable = await layCable(Number(url.port) || (url.protocol.startsWith("redis") ? 6379 : 5432))
  url.hostname = "127.0.0.1"
  url.port = new URL(cable.url).port
  return { ...cable, url: url.href }
}

/** Describes something on a Redis of its own. Where that can't be started it is skipped; in CI that is a failure. */
export const describeOnPrivateRedis = (name: string, suite: () => void): void => {
  const { error } = spawnSync("redis-server", ["--version"])
  if (error !== undefined && !IS_REQUIRED) {
    console.warn(`\nREDIS: redis-server can't be started: ${error.message}. "${name}" IS SKIPPED.\n`)
  }
  describe.skipIf(error !== undefined && !IS_REQUIRED)(name, suite)
}

/** A Redis of a test's own, that keeps nothing on disk. */
export interface PrivateRedis extends AsyncDisposable {
  readonly url: string
  /** Ends it with all that it knows, and starts another at the same port. */
  readonly restart: () => Promise<void>
  /** Refuses what would take more memory than this, such as `1mb`; `0` for no limit. */
  readonly limitMemory: (most: string) => Promise<void>
}

/** Starts one. */
export const startPrivateRedis = async (): Promise<PrivateRedis> => {
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const address = probe.address()
  if (address === null || typeof address === "string") throw new Error("There is no free port.")
  const { port } = address
  probe.close()
  await once(probe, "close")
  const folder = mkdtempSync(join(tmpdir(), "simstream-redis-"))
  const start = async () => {
    const args = [
      "--port",
      `${port}`,
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--appendonly",
      "no",
      "--dir",
      folder,
    ]
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] })
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk) => {
        if (String(chunk).includes("Ready to accept")) resolve()
      })
    })
    return child
  }
  let child = await start()
  const end = async () => {
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    restart: async () => {
      await end()
      child = await start()
    },
    limitMemory: async (most) => {
      const client = new Redis(port, "127.0.0.1")
      await client.config("SET", "maxmemory", most)
      client.disconnect()
    },
    [Symbol.asyncDispose]: async () => {
      await end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
