// A tab that follows a job, and writes down what it hears.
import { createClient } from "@simstream/client"
import { tabsFetch } from "@simstream/client/tabs"

/** What a tab has heard: counts of iterations, and the names of other events. */
export interface Heard {
  readonly told: Array<number | string>
  readonly connections: Array<string>
  ended: boolean
}

const heard: Heard = { told: [], connections: [], ended: false }
Object.assign(globalThis, { heard })

const parameters = new URLSearchParams(location.search)
const client = createClient({
  url: "/api",
  retry: { baseMs: 100 },
  ...(parameters.has("shared") ? { fetch: tabsFetch() } : {}),
})
client.events("job", {
  onEvent: (event) => heard.told.push(event.type === "progress" ? event.current : event.type),
  onConnection: (connection) => heard.connections.push(connection),
  onEnd: () => {
    heard.ended = true
  },
})
