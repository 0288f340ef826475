/** Asks a server on this machine again and again, and says how long each answer took. */
import { Agent, get } from "node:http"
import { parentPort, workerData } from "node:worker_threads"

const { port, count } = workerData as { readonly port: number; readonly count: number }
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

const ping = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const start = performance.now()
    get({ port, host: "127.0.0.1", agent }, (response) => {
      response.resume()
      response.on("end", () => resolve(performance.now() - start))
    }).on("error", reject)
  })

const took: Array<number> = []
for (let at = 0; at < count; at++) took.push(await ping())
agent.destroy()
parentPort?.postMessage(took)
