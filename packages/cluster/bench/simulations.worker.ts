import { serveSimulations } from "@simstream/core/worker"
import { craps, fight } from "./simulations.ts"

serveSimulations([craps, fight])
