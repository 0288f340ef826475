/** PGlite: PostgreSQL in this process, in a folder. */
import { type Database, importPeer, isRow, type Sql } from "./database.ts"
import { lockFolder } from "./folderLock.ts"

/** As much of a PGlite as is used. */
export interface PGliteLike {
  query(text: string, values?: Array<unknown>): Promise<{ readonly rows: ReadonlyArray<unknown> }>
  exec(text: string): Promise<unknown>
  transaction<A>(run: (transaction: PGliteTransaction) => Promise<A>): Promise<A>
  close(): Promise<void>
}

/** As much of a PGlite's transaction as is used. */
export interface PGliteTransaction {
  query(text: string, values?: Array<unknown>): Promise<{ readonly rows: ReadonlyArray<unknown> }>
  exec(text: string): Promise<unknown>
}

/**
 * PGlite has no autovacuum, and a replaced row stays in its file until someone cleans up. Every 32 MB that takes some 50 ms
 * here; left alone, a checkpoint of 30 KB every two seconds makes 50 MB an hour.
 */
const VACUUM_BYTES = 32 * 1024 * 1024

const sqlOf = (executor: PGliteTransaction): Sql => ({
  query: async (text, values = []) => (await executor.query(text, [...values])).rows.filter(isRow),
  execute: async (text) => void (await executor.exec(text)),
})

/** Opens the database of a folder, which is this process's alone for as long as it is open. */
export const openFolder = async (dataDir: string): Promise<Database> => {
  const { PGlite } = await importPeer("@electric-sql/pglite", () => import("@electric-sql/pglite"))
  const lock = await lockFolder(dataDir)
  try {
    const pglite = await PGlite.create(dataDir)
    const database = pgliteDatabase(pglite)
    return {
      ...database,
      close: async () => {
        await pglite.close()
        await lock.release()
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** A PGlite of the user's own as a database. */
export const pgliteDatabase = (pglite: PGliteLike): Database => {
  let bytes = 0
  let vacuuming: Promise<unknown> = Promise.resolve()
  return {
    ...sqlOf(pglite),
    transaction: (run) => pglite.transaction((transaction) => run(sqlOf(transaction))),
    isExclusive: true,
    listen: () => () => undefined,
    replaced: (more) => {
      bytes += more
      if (bytes < VACUUM_BYTES) return
      bytes = 0
      // What could not be cleaned up now is next time.
      vacuuming = pglite.exec("VACUUM").catch(() => undefined)
    },
    close: async () => void (await vacuuming),
  }
}
