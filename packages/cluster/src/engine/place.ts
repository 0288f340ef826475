/**
 * Where engine and workers meet, as users say it. Its types are of no library, so that they can be read where BullMQ is not
 * installed: whoever wants but the store need not have it.
 */

/**
 * Where Redis or PostgreSQL is: a URL, `redis://…` (`rediss://` with TLS) or `postgres://…`; or what their clients take,
 * ioredis' options and those of a `Pool` of pg.
 */
export type BullConnection =
  | string
  | { readonly redis: Readonly<Record<string, unknown>> }
  | { readonly postgres: Readonly<Record<string, unknown>> }

/** Which of the processes on one server belong together. */
export interface BullPlace {
  /** The server, the same for engine and workers. */
  readonly connection: BullConnection
  /**
   * Engines and workers with the same one find each other; `simstream` by default. On Redis it is the prefix of all keys
   * (in braces, `{simstream}`, on a cluster), on PostgreSQL the name of the schema.
   */
  readonly namespace?: string
}
