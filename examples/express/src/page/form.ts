/** The form: what it holds as the request that it becomes, and what is wrong with it beside the field that it is about. */
import { RequestFailed, type StartOptions } from "@simstream/client"
import type { Simulations } from "../jobs.ts"
import { byId } from "./dom.ts"
import { explain, grouped } from "./words.ts"

type DummyRun = StartOptions<Simulations["training-dummy"]["input"]>

const form = byId("form", HTMLFormElement)
const problem = byId("form-problem", HTMLElement)
const button = byId("start", HTMLButtonElement)

const field = (name: string): HTMLInputElement => {
  const found = form.elements.namedItem(name)
  if (!(found instanceof HTMLInputElement)) throw new Error(`The form has no field ${name}.`)
  return found
}

/** An empty field is no 0: the server says that it needs a number. */
const numberIn = (name: string): number => field(name).valueAsNumber

const requestOfForm = (): DummyRun => {
  const seed = field("seed").value.trim()
  return {
    config: {
      durationSeconds: numberIn("durationSeconds"),
      missChance: numberIn("missChance") / 100,
      critChance: numberIn("critChance") / 100,
      critMultiplier: numberIn("critMultiplier"),
    },
    iterations: numberIn("iterations"),
    ...(seed === "" ? {} : { seed }),
  }
}

const clearProblems = () => {
  problem.hidden = true
  for (const message of form.querySelectorAll(".problem")) message.remove()
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid")
    input.removeAttribute("aria-describedby")
  }
}

/** Puts what is wrong with a field below it. */
const mark = (name: string, text: string): void => {
  const input = form.elements.namedItem(name)
  if (!(input instanceof HTMLInputElement)) return
  const message = document.createElement("small")
  message.className = "problem"
  message.id = `problem-${name}`
  message.textContent = text
  input.setAttribute("aria-invalid", "true")
  input.setAttribute("aria-describedby", message.id)
  input.after(message)
}

/** The server speaks of fields by their names in the config, people know them by their labels; what they entered they see. */
const inWords = (message: string): string => {
  const [text = ""] = message.split("; got ")
  const labelled = [...form.querySelectorAll("input")].reduce(
    (told, { name, labels }) =>
      told.replaceAll(
        name,
        `“${labels?.[0]?.querySelector("span")?.firstChild?.textContent?.trim() ?? name}”`,
      ),
    text,
  )
  return grouped(`${labelled.charAt(0).toUpperCase()}${labelled.slice(1)}.`)
}

const showProblems = (error: Error): void => {
  const issues = error instanceof RequestFailed ? (error.problem?.issues ?? []) : []
  for (const { path, message } of issues) {
    mark(String(path.at(-1)), inWords(message))
  }
  const { title, text } = explain(error)
  problem.textContent =
    issues.length === 0
      ? `${title}. ${text}`
      : "The run was not started. Some of the settings need another look; they are marked."
  problem.hidden = false
}

/** Calls `start` with what was filled in, and shows why that came to nothing, if it does. */
export const onStart = (start: (request: DummyRun) => Promise<void>): void => {
  form.addEventListener("input", clearProblems)
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    clearProblems()
    button.disabled = true
    start(requestOfForm())
      .catch((thrown: unknown) => showProblems(thrown instanceof Error ? thrown : new Error(String(thrown))))
      .finally(() => {
        button.disabled = false
      })
  })
}
