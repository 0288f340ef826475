/** A worker of these simulations. */
import { serveSimulations } from "@simstream/core/worker"
import { simulations } from "./simulations.ts"

serveSimulations(simulations)
