/** The demo as a Hono app: the jobs' routes, what the form needs, and the built page. It listens to nothing by itself. */
import { join } from "node:path"
import { serveStatic } from "@hono/node-server/serve-static"
import { createHandler } from "@simstream/server"
import { catalogue } from "@simstream/example-simulations"
import { Hono } from "hono"
import { compress } from "hono/compress"
import { etag } from "hono/etag"
import { secureHeaders } from "hono/secure-headers"
import type { DemoJobs } from "./jobs.ts"
import { giveSession, sessionOf } from "./session.ts"

/** Where `vite build` puts the page. */
const PAGE_FOLDER = join(import.meta.dirname, "../dist")

/** A minute or so of work for most configs. */
const MOST_ITERATIONS = 10_000_000
/** Queued and running jobs of one visitor. */
const JOBS_PER_VISITOR = 5
/** Whoever starts jobs without a session (with curl, say) shares one allowance with everyone else who does. */
const ANONYMOUS = "anonymous"

const NOT_BUILT =
  'The page has not been built. Run "npm start", which builds it, or "npm run dev" to work on it.\n'

/** The addresses that the page knows; for any other it shows that there is nothing. */
const isPage = (path: string): boolean => path === "/" || /^\/jobs\/[^/]+$/.test(path)

/** Makes the app. */
export const createApp = (jobs: DemoJobs) => {
  const app = new Hono()

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        // Mantine writes its variables into a style element
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        frameAncestors: ["'none'"],
      },
    }),
  )

  // Ahead of the compression: it would hold an event back until it has enough of them.
  const handler = createHandler({
    jobs,
    clientKey: (request) => sessionOf(request) ?? (request.method === "POST" ? ANONYMOUS : null),
    limits: { jobsPerClient: JOBS_PER_VISITOR, iterations: MOST_ITERATIONS },
  })
  app.all("/api/simulations", ({ req }) => handler(req.raw))
  app.all("/api/simulations/*", ({ req }) => handler(req.raw))

  app.use(compress())
  // What the page asks for first. It gives a session too, for while developing, Vite serves the page.
  app.get("/api/catalogue", etag(), giveSession, (context) =>
    context.json(catalogue(), 200, { "cache-control": "no-cache" }),
  )
  app.all("/api/*", (context) => context.text("There is nothing at this address.\n", 404))

  // Their names have a hash of their contents, so that they never change.
  const immutable = serveStatic({
    root: PAGE_FOLDER,
    onFound: (_, context) => context.header("cache-control", "public, max-age=31536000, immutable"),
  })
  app.get("/assets/*", immutable, (context) => context.notFound())
  app.get("/color-scheme.js", serveStatic({ root: PAGE_FOLDER }))

  // One page for all other addresses; it reads the address itself.
  const page = serveStatic({
    root: PAGE_FOLDER,
    path: "index.html",
    onFound: (_, context) => context.header("cache-control", "no-cache"),
  })
  app.get("*", giveSession, async (context, next) => {
    await next()
    if (context.res.ok && !isPage(context.req.path)) {
      context.res = new Response(context.res.body, { status: 404, headers: context.res.headers })
    }
  })
  app.get("*", page, (context) => context.text(NOT_BUILT, 503))

  return app
}
