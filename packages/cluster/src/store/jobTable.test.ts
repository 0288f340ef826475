import { PGlite } from "@electric-sql/pglite"
import { afterAll, expect, it } from "vitest"
import { createPostgresStore } from "./createPostgresStore.ts"
import type { PGliteLike, PGliteTransaction } from "./pgliteDatabase.ts"

const pglite = await PGlite.create()
afterAll(() => pglite.close())

/** The same PGlite, whose statements are kept with how they would be carried out. */
const explaining = () => {
  const plans: Array<{ readonly text: string; readonly plan: string }> = []
  const explained = (sql: PGliteTransaction): PGliteTransaction => ({
    query: async (text, values = []) => {
      if (text.includes(".jobs")) {
        const { rows } = await sql.query(`EXPLAIN ${text}`, values)
        plans.push({ text, plan: rows.map((row) => JSON.stringify(row)).join("\n") })
      }
      return sql.query(text, values)
    },
    exec: (text) => sql.exec(text),
  })
  const like: PGliteLike = {
    ...explained(pglite),
    transaction: (run) => pglite.transaction((transaction) => run(explained(transaction))),
    close: () => pglite.close(),
  }
  return { like, plans }
}

it("asks nothing for which all jobs that were kept are looked through", { timeout: 60_000 }, async () => {
  const { like, plans } = explaining()
  const store = await createPostgresStore({ pglite: like, schema: "kept" })
  await pglite.exec(`
    INSERT INTO kept.jobs (id, owner, simulation, request, status, ended_at, expires_at, created_at)
    SELECT 'job_' || n, 'owner ' || (n % 100), 'dice', '{}', 'completed', now(), now() + interval '1 hour',
      now() - n * interval '1 second'
    FROM generate_series(1, 5000) n;
    ANALYZE kept.jobs;
  `)
  plans.length = 0
  const request = { simulation: "dice", config: {}, iterations: 1, seed: "7", stop: {} }
  const idempotency = { key: "click", digest: "d" }
  await store.create(
    { jobId: "job_new", owner: "me", idempotency, request },
    { running: 1, queued: 100, ofOwner: 10 },
  )
  const [claimed] = await store.claim({ simulations: ["dice"], except: ["job_1"], limit: 2 })
  if (claimed === undefined) throw new Error("There was nothing to claim.")
  await store.save(claimed.lease, { events: [] })
  await store.get("job_1")
  await store.read([{ jobId: "job_new", revision: 0 }])
  await store.watched(["job_new"])
  await store.cancel("job_new", 1_000)
  await store.sweep(1_000)
  await store.list({ limit: 50 })
  await store.list({ owner: "me", limit: 50 })
  await store.list({ owner: null, limit: 50 })
  expect(plans.length).toBeGreaterThan(10)
  expect(plans.filter(({ plan }) => plan.includes("Seq Scan on jobs"))).toEqual([])
  expect(plans.slice(-2).filter(({ plan }) => !plan.includes("using jobs_owner"))).toEqual([])
  await store.close()
})
