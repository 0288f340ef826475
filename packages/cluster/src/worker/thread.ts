/** The file of a thread of `simstream-worker`: serves the simulations of the user's module. */
import { workerData } from "node:worker_threads"
import { serveSimulations } from "@simstream/core/worker"
import { loadSimulations } from "./loadSimulations.ts"

serveSimulations(await loadSimulations(String(workerData)))
