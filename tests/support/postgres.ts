/** PostgreSQL for tests: a database of their own on the server that there is, or a server of their own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Client, Pool } from "pg"
import { describe } from "vitest"
import { freePort } from "./freePort.ts"

const VARIABLE = "SIMSTREAM_TEST_POSTGRES_URL"

/** Who may make databases differs from one installation to the next. */
const CANDIDATES =
  process.env[VARIABLE] === undefined
    ? ["postgres:postgres", "root"].map((user) => `postgres://${user}@127.0.0.1:5432/test`)
    : [process.env[VARIABLE]]

/** Whether a skip is a failure. */
const IS_REQUIRED = process.env["CI"] !== undefined || process.env["SIMSTREAM_REQUIRE_SERVICES"] === "1"

const whyNot = async (connectionString: string): Promise<string | null> => {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 })
  client.on("error", () => undefined)
  try {
    await client.connect()
    await client.end()
    return null
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

const findServer = async (): Promise<string | null> => {
  for (const url of CANDIDATES) {
    const reason = await whyNot(url)
    if (reason === null) return url
    console.warn(`\nPOSTGRESQL: ${url} can't be used: ${reason}`)
  }
  if (IS_REQUIRED) throw new Error(`PostgreSQL is required here: start it, or set ${VARIABLE}.`)
  console.warn(`EVERY TEST THAT NEEDS POSTGRESQL IS SKIPPED. Start it, or set ${VARIABLE}.\n`)
  return null
}

let found: Promise<string | null> | undefined = undefined

/** Where the server is; `null` when there is none, which has been said loudly then. */
export const postgresUrl = (): Promise<string | null> => (found ??= findServer())

/** Describes something on PostgreSQL. It is skipped when there is none; in CI that is a failure. */
export const describeOnPostgres = async (name: string, suite: () => void): Promise<void> => {
  describe.skipIf((await postgresUrl()) === null)(name, suite)
}

/** A database that is dropped in the end. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string
  readonly query: (text: string, values?: ReadonlyArray<unknown>) => Promise<ReadonlyArray<unknown>>
  /** Ends every connection to it but those of this object, and answers how many there were. */
  readonly terminate: () => Promise<number>
}

/** Makes an empty database. */
export const createDatabase = async (server?: string): Promise<TestDatabase> => {
  const connectionString = server ?? (await postgresUrl())
  if (connectionString === null) throw new Error("There is no PostgreSQL.")
  const name = `simstream_test_${randomBytes(6).toString("hex")}`
  const url = new URL(connectionString)
  url.pathname = `/${name}`
  const admin = new Pool({ connectionString, max: 2 })
  admin.on("error", () => undefined)
  await admin.query(`CREATE DATABASE ${name}`)
  const pool = new Pool({ connectionString: url.href, max: 2, application_name: "simstream test" })
  pool.on("error", () => undefined)
  return {
    url: url.href,
    query: async (text, values = []) => (await pool.query(text, [...values])).rows,
    terminate: async () => {
      const { rowCount } = await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = $1 AND application_name <> 'simstream test'`,
        [name],
      )
      return rowCount ?? 0
    },
    [Symbol.asyncDispose]: async () => {
      await pool.end()
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      await admin.end()
    },
  }
}

/** Where PostgreSQL's own programs are; `null` when they are nowhere to be found. */
const findPrograms = (): string | null => {
  const named = process.env["SIMSTREAM_TEST_POSTGRES_BIN"]
  const debian = "/usr/lib/postgresql"
  const versions = existsSync(debian)
    ? readdirSync(debian).map((version) => join(debian, version, "bin"))
    : []
  const homebrew = ["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"]
  const folders = [...(named === undefined ? [] : [named]), ...versions.reverse(), ...homebrew]
  return folders.find((folder) => existsSync(join(folder, "initdb"))) ?? null
}

/** PostgreSQL refuses to run as root. */
const unprivileged = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, "postgres"]).toString()))
  return uid === undefined || gid === undefined ? {} : { uid, gid }
}

/** A server of a test's own. */
export interface PrivatePostgres extends AsyncDisposable {
  readonly url: string
  /** Ends it as a crash would. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
}

/** Describes something on servers of its own. Where none can be made it is skipped, and says so; in CI that is a failure. */
export const describeOnPrivatePostgres = (name: string, suite: () => void): void => {
  const isMissing = findPrograms() === null
  if (isMissing) {
    const how = "install PostgreSQL, or set SIMSTREAM_TEST_POSTGRES_BIN to the folder of its programs"
    if (IS_REQUIRED) throw new Error(`initdb is required here: ${how}.`)
    console.warn(`\nNO initdb FOUND: a server can't be restarted. "${name}" IS SKIPPED: ${how}.\n`)
  }
  describe.skipIf(isMissing)(name, suite)
}

/** Makes and starts a server. */
export const startPrivatePostgres = async (): Promise<PrivatePostgres> => {
  const programs = findPrograms()
  if (programs === null) throw new Error("There is no initdb.")
  const user = unprivileged()
  const folder = mkdtempSync(join(tmpdir(), "simstream-postgres-"))
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, "data")
  const run = { ...user, cwd: folder }
  execFileSync(join(programs, "initdb"), ["-D", data, "-A", "trust", "-U", "postgres", "--no-sync"], {
    ...run,
    stdio: "ignore",
  })
  const port = await freePort()
  const args = ["-D", data, "-p", `${port}`, "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"]

  const start = async (): Promise<ChildProcess> => {
    const child = spawn(join(programs, "postgres"), args, { ...run, stdio: ["ignore", "ignore", "pipe"] })
    const lines: Array<string> = []
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code) =>
        reject(new Error(`PostgreSQL ended with ${String(code)}:\n${lines.join("\n")}`)),
      )
      createInterface(child.stderr).on("line", (line) => {
        lines.push(line)
        if (line.includes("ready to accept connections")) resolve()
      })
    })
    return child
  }
  let child = await start()
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, "exit")
    child.kill("SIGQUIT")
    await ended
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop,
    start: async () => {
      child = await start()
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
