/** The Express app: the jobs' routes, and the built pages. It listens to nothing by itself. */
import { join } from "node:path"
import { createHandler, toNodeHandler } from "@simstream/server"
import compression from "compression"
import express, { type RequestHandler } from "express"
import helmet from "helmet"
import type { ServerJobs } from "./jobs.ts"

/** Where `vite build` puts the pages. */
const PAGES_FOLDER = join(import.meta.dirname, "../dist")

/** Half a minute or so of work for most configs. */
const MOST_ITERATIONS = 10_000_000

const NOT_BUILT =
  'The pages have not been built. Run "npm start -w @simstream/example-express", which builds them.\n'

/** Makes the app. */
export const createApp = (jobs: ServerJobs) => {
  const app = express()
  // Express shows an error's stack, which has paths of this machine in it, to whoever asked; it is for the log alone.
  app.set("env", "production")

  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          // Plot writes the style of its chart into the chart
          styleSrc: ["'self'", "'unsafe-inline'"],
          // These two are for whatever speaks HTTPS in front of this server to say
          upgradeInsecureRequests: null,
        },
      },
      strictTransportSecurity: false,
    }),
  )

  const handler = createHandler({ jobs, limits: { iterations: MOST_ITERATIONS } })
  app.use("/api/simulations", toNodeHandler(handler))
  app.use("/api", nothing)

  app.use(compression())
  // Their names have a hash of their contents, so that they never change.
  app.use("/assets", express.static(join(PAGES_FOLDER, "assets"), { immutable: true, maxAge: "1y" }), nothing)
  // The page decodes the address, and says so when it can't: Express would answer with an error
  app.get(["/", /^\/jobs\/[^/]+$/], page("index.html"))
  app.get("/eventsource", page("eventsource.html"))
  // The page reads the address itself, and says that there is nothing at this one
  app.use((_request, response, next) => {
    response.status(404)
    next()
  }, page("index.html"))

  return app
}

const nothing: RequestHandler = (_request, response) => {
  response.status(404).type("text").send("There is nothing at this address.\n")
}

const page =
  (file: string): RequestHandler =>
  (_request, response) => {
    // Without validators, so that a 404 stays one
    const options = {
      root: PAGES_FOLDER,
      headers: { "cache-control": "no-cache" },
      etag: false,
      lastModified: false,
    }
    response.sendFile(file, options, (error) => {
      if (error !== undefined && !response.headersSent) response.status(503).type("text").send(NOT_BUILT)
    })
  }
