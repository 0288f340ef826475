/** What the store needs of a database: PGlite in this process, or PostgreSQL. */

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>

export const isRow = (row: unknown): row is Row => typeof row === "object" && row !== null

/** Runs statements. */
export interface Sql {
  readonly query: (text: string, values?: ReadonlyArray<unknown>) => Promise<ReadonlyArray<Row>>
  /** Runs several statements without values. */
  readonly execute: (text: string) => Promise<void>
}

/** A database that is open. */
export interface Database extends Sql {
  /** Runs statements of which all hold or none. */
  readonly transaction: <A>(run: (sql: Sql) => Promise<A>) => Promise<A>
  /** Whether nobody but this process can have it open. */
  readonly isExclusive: boolean
  /**
   * Calls back with what is notified on a channel, and with `null` whenever something may have been missed, until the
   * function that it answers with is called. Only where others can have the database open, too.
   */
  readonly listen: (channel: string, onNotice: (payload: string | null) => void) => () => void
  /** Called with how many bytes were replaced, for a database that does not clean up behind itself. */
  readonly replaced: (bytes: number) => void
  readonly close: () => Promise<void>
}

/** The package of the database, or words about what to install. */
export const importPeer = async <A>(name: string, load: () => Promise<A>): Promise<A> => {
  try {
    return await load()
  } catch (cause) {
    if (!isNotFound(cause)) throw cause
    throw new TypeError(
      `createPostgresStore needs the package "${name}", which is not installed: npm install ${name}`,
      { cause },
    )
  }
}

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND"
