/** The worker of the benchmarks. */
import { serveSimulations } from "@simstream/core/worker"
import { craps } from "./craps.ts"

serveSimulations([craps])
