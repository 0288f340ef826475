/** The page of the native `EventSource`: `/eventsource?job=…`, which can be reloaded. */
import { byId, setText } from "../page/dom.ts"
import { formatCount, formatDuration, formatPercentage, formatValue } from "../page/format.ts"
import { waitOf } from "../page/waiting.ts"
import { readJob } from "./readJob.ts"

const API = "/api/simulations"

const DUMMY = { simulation: "training-dummy", config: {}, iterations: 100_000 }
const FAULTY = { simulation: "faulty", config: { failAt: 5_000_000 }, iterations: 10_000_000 }

const startProblem = byId("start-problem", HTMLElement)
const state = byId("state", HTMLElement)
const progressBar = byId("progress", HTMLProgressElement)
const events = byId("events", HTMLElement)

/** The state in a word, for people and for the style sheet, and in a sentence. */
const say = (word: string, tone: "plain" | "accent" | "good" | "warn" | "bad", sentence: string): void => {
  setText(state, word)
  state.dataset["tone"] = tone
  progressBar.dataset["tone"] = tone
  setText(byId("words", HTMLElement), sentence)
}

const sayConnected = (): void => say("Connected", "accent", "The events come as they happen.")

/** How much of an event is shown. */
const DATA_SHOWN = 160

/** The lines of the table, by the name of their event. */
const lines = new Map<string, { readonly many: HTMLElement; readonly newest: HTMLElement; count: number }>()

const addLine = (name: string) => {
  const row = document.createElement("tr")
  const cell = () => row.appendChild(document.createElement("td"))
  cell().textContent = name
  const line = { many: cell(), newest: cell(), count: 0 }
  events.append(row)
  lines.set(name, line)
  return line
}

const count = (name: string, data: string): void => {
  const line = lines.get(name) ?? addLine(name)
  line.count += 1
  setText(line.many, formatCount(line.count))
  setText(line.newest, data.length > DATA_SHOWN ? `${data.slice(0, DATA_SHOWN)}…` : data)
}

/** The mean of the one metric that each simulation here has. */
const meanOf = (stats: unknown): number | null => {
  const [first]: ReadonlyArray<unknown> =
    typeof stats === "object" && stats !== null ? Object.values(stats) : []
  return typeof first === "object" && first !== null && "mean" in first && typeof first.mean === "number"
    ? first.mean
    : null
}

const showMean = (stats: unknown): void => setText(byId("mean", HTMLElement), formatValue(meanOf(stats), 3))

let stopReading = (): void => undefined

/** Reads the run that the address names. */
const read = (): void => {
  stopReading()
  const jobId = new URL(location.href).searchParams.get("job")
  byId("stream", HTMLElement).hidden = jobId === null
  if (jobId === null) return
  events.replaceChildren()
  lines.clear()
  progressBar.value = 0
  setText(byId("percentage", HTMLElement), "")
  say("Connecting", "plain", "")
  stopReading = readJob(`${API}/${encodeURIComponent(jobId)}/stream`, {
    onEvent: ({ type }, data) => count(type, data),
    onConnected: sayConnected,
    onProgress: (progress) => {
      const { percentage } = progress
      const wait = waitOf(progress)
      if (wait === null) sayConnected()
      else say(wait.title, "plain", wait.text)
      progressBar.value = percentage ?? 0
      setText(byId("percentage", HTMLElement), formatPercentage(percentage ?? 0))
    },
    onStats: showMean,
    onComplete: ({ stats, iterations, elapsedMs }) => {
      showMean(stats)
      say("Complete", "good", `${formatCount(iterations)} iterations in ${formatDuration(elapsedMs)}.`)
    },
    onCancelled: () => say("Cancelled", "warn", "Somebody has cancelled the run."),
    onFailed: ({ message }) => say("The run failed", "bad", message),
    onLost: () =>
      say(
        "Connection lost",
        "warn",
        "Nothing is wrong with the run, as far as this page knows. The browser connects again by itself.",
      ),
    onGivenUp: () =>
      say("Given up", "bad", "The server has no such run, or no longer: it keeps runs only while it is up."),
  })
}

const start = async (request: typeof DUMMY | typeof FAULTY): Promise<void> => {
  const response = await fetch(API, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  })
  const answer: { readonly jobId: string; readonly detail?: string } = await response.json()
  if (!response.ok) throw new Error(answer.detail ?? "The server said no.")
  history.pushState(null, "", `?job=${encodeURIComponent(answer.jobId)}`)
  read()
}

for (const [id, request] of [
  ["start", DUMMY],
  ["start-faulty", FAULTY],
] as const) {
  byId(id, HTMLButtonElement).addEventListener("click", () => {
    startProblem.hidden = true
    start(request).catch((thrown: unknown) => {
      startProblem.hidden = false
      setText(startProblem, `The run was not started. ${thrown instanceof Error ? thrown.message : ""}`)
    })
  })
}
addEventListener("popstate", read)
read()
