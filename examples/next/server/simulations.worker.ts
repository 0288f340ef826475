/** What a worker thread of the server runs. */
import { serveSimulations } from "@simstream/core/worker"
import { simulations } from "@simstream/example-simulations"

serveSimulations(simulations)
