/** A worker of the simulation that goes wrong. */
import { serveSimulations } from "@simstream/core/worker"
import { troubled } from "./troubled.ts"

serveSimulations([troubled])
