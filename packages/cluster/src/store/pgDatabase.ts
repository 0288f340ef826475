/** PostgreSQL, by node-postgres. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { type Database, importPeer, isRow, type Sql } from "./database.ts"

/** As much of a `pg.Pool` as is used. */
export interface PoolLike {
  query(text: string, values?: Array<unknown>): Promise<{ readonly rows: ReadonlyArray<unknown> }>
  connect(): Promise<PoolClientLike>
  on(event: "connect", listener: (client: PoolClientLike) => void): unknown
  on(event: "error", listener: () => void): unknown
}

/** As much of a `pg.PoolClient` as is used. */
export interface PoolClientLike {
  query(text: string, values?: Array<unknown>): Promise<{ readonly rows: ReadonlyArray<unknown> }>
  on(event: "notification", listener: (message: { readonly payload?: string | undefined }) => void): unknown
  on(event: "error" | "end", listener: (error?: Error) => void): unknown
  release(error?: Error | boolean): void
}

/** A server that does not answer is a failure after so long, and not a hang. */
const CONNECT_MS = 5_000
const QUERY_MS = 10_000

/** A connection that only listens hears nothing of a server that is gone; so it asks now and then. */
const PING_MS = 15_000

/** A connection that listens is made again after 100 ms when it is lost, then after twice as long each time, up to 5 s. */
const RECONNECT = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

/**
 * Errors after which the statement may well run on another connection: classes 08 and 57P of PostgreSQL's codes, and what
 * sockets and node-postgres say.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const isLost = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  return (
    /^(?:08|57P0[123]$|ECONNRESET$|EPIPE$)/.test(code) ||
    /connection (?:terminated|error)/i.test(error.message)
  )
}

const ignore = () => undefined

const sqlOf = (executor: Pick<PoolLike, "query">): Sql => ({
  query: async (text, values = []) => (await executor.query(text, [...values])).rows.filter(isRow),
  execute: async (text) => void (await executor.query(text)),
})

/** Connects to a server. */
export const openServer = async (connectionString: string): Promise<Database> => {
  const { Pool } = await importPeer("pg", () => import("pg"))
  const pool = new Pool({
    connectionString,
    application_name: "simstream",
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    keepAlive: true,
  })
  const database = poolDatabase(pool)
  return {
    ...database,
    close: async () => {
      await database.close()
      await pool.end()
    },
  }
}

/** A pool of the user's own as a database. */
export const poolDatabase = (pool: PoolLike): Database => {
  const sql = sqlOf(pool)
  // A connection that is lost says so by an event beside failing its statement, if it has one, and an event that nobody
  // listens to ends the process. The pool lets go of such a connection by itself. Its own listener is not there in the
  // moment in which it hands a connection out.
  pool.on("error", ignore)
  pool.on("connect", (client) => client.on("error", ignore))
  const listeners = new Set<() => Promise<void>>()

  const transaction = async <A>(run: (sql: Sql) => Promise<A>): Promise<A> => {
    const client = await pool.connect()
    try {
      await client.query("BEGIN")
      const result = await run(sqlOf(client))
      await client.query("COMMIT")
      client.release()
      return result
    } catch (error) {
      // Closing the connection rolls back whatever state it is in.
      client.release(true)
      throw error
    }
  }

  const listen: Database["listen"] = (channel, onNotice) => {
    let stopped = false
    const tell = (payload: string | null) => {
      if (!stopped) onNotice(payload)
    }
    /** Listens until the connection is lost. */
    const listening = Effect.callback<never, Error>((resume) => {
      let client: PoolClientLike | null = null
      let pinging: ReturnType<typeof setInterval> | undefined = undefined
      let done = false
      const leave = () => {
        done = true
        clearInterval(pinging)
        client?.release(true)
      }
      const lose = (error: Error) => {
        if (done) return
        leave()
        // Whoever looks finds out whether the server is gone, or this connection only.
        tell(null)
        resume(Effect.fail(error))
      }
      pool
        .connect()
        .then(async (connected) => {
          client = connected
          if (done) return connected.release(true)
          connected.on("notification", ({ payload }) => tell(payload ?? null))
          connected.on("error", (error) => lose(error ?? new Error("The connection failed.")))
          connected.on("end", () => lose(new Error("The connection ended.")))
          await connected.query(`LISTEN "${channel}"`)
          if (done) return undefined
          // From here on nothing is missed; before, anything may have been.
          tell(null)
          pinging = setInterval(() => void connected.query("SELECT 1").catch(lose), PING_MS)
          return undefined
        })
        .catch(lose)
      return Effect.sync(() => {
        if (!done) leave()
      })
    })
    const fiber = Effect.runFork(Effect.retry(listening, RECONNECT))
    const stop = () => Effect.runPromise(Fiber.interrupt(fiber))
    listeners.add(stop)
    return () => {
      stopped = true
      listeners.delete(stop)
      void stop()
    }
  }

  return {
    // Statements are asked once more when their connection was lost: each is written so that it does no harm twice.
    query: (text, values) =>
      sql.query(text, values).catch((error: unknown) => {
        if (isLost(error)) return sql.query(text, values)
        throw error
      }),
    execute: sql.execute,
    transaction,
    isExclusive: false,
    listen,
    replaced: () => undefined,
    close: async () => void (await Promise.all([...listeners].map((stop) => stop()))),
  }
}
