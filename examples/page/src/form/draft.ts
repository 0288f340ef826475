/** What the form holds while it is filled in, and the request that it becomes. */
import type { FormField, SimulationForm } from "@simstream/example-simulations"
import type { JobRequest, StopRules } from "@simstream/protocol"
import { formatQuantity } from "../format/figures.ts"
import { formatShare } from "../format/numbers.ts"
import type { SimulationName } from "../outputs.ts"
import { isSimulationName } from "../views.ts"

/** What a field holds. An empty number is "", and half-typed ones are text. */
export type FieldValue = string | number | ReadonlyArray<string>
export type FieldValues = Readonly<Record<string, FieldValue>>

/** How precise the mean must be for the run to end early; `null` runs them all. */
export type Precision = 0.01 | 0.001 | 0.0001 | null

/** The form as it is filled in. Each simulation keeps its own values, so that switching back finds them. */
export interface Draft {
  readonly simulation: SimulationName
  readonly configs: Readonly<Partial<Record<SimulationName, FieldValues>>>
  readonly iterations: number | string
  /** Empty for a random one. */
  readonly seed: string
  readonly precision: Precision
}

/** What a run was asked for. */
export interface RunRequest {
  readonly simulation: SimulationName
  readonly config: FieldValues
  readonly iterations: number
  readonly seed?: string
  readonly stop?: StopRules
}

export const emptyDraft: Draft = {
  simulation: "dota-dps",
  configs: {},
  iterations: 1_000_000,
  seed: "",
  precision: null,
}

/** The config of the chosen simulation: what was filled in, and the defaults for the rest. */
export const valuesOf = (draft: Draft, fields: ReadonlyArray<FormField>): FieldValues => ({
  ...Object.fromEntries(fields.map((field) => [field.name, field.default])),
  ...draft.configs[draft.simulation],
})

export const withValue = (draft: Draft, name: string, value: FieldValue): Draft => ({
  ...draft,
  configs: { ...draft.configs, [draft.simulation]: { ...draft.configs[draft.simulation], [name]: value } },
})

/** The form as it was for a run, to repeat it. */
export const draftOf = (request: RunRequest, seed: string): Draft => ({
  simulation: request.simulation,
  configs: { [request.simulation]: request.config },
  iterations: request.iterations,
  seed,
  precision: precisionOf(request.stop),
})

const PRECISIONS = [0.01, 0.001, 0.0001] as const

const precisionOf = (stop: StopRules | undefined): Precision =>
  PRECISIONS.find((precision) => precision === stop?.precision?.relative) ?? null

const isFieldValue = (value: unknown): value is FieldValue =>
  typeof value === "string" ||
  typeof value === "number" ||
  (Array.isArray(value) && value.every((item) => typeof item === "string"))

const isFieldValues = (value: unknown): value is FieldValues =>
  typeof value === "object" && value !== null && Object.values(value).every(isFieldValue)

/** What a job says that it was started with; `null` when the form has no fields for that. */
export const runRequestOf = ({ simulation, config, iterations, seed, stop }: JobRequest): RunRequest | null =>
  isSimulationName(simulation) && isFieldValues(config)
    ? { simulation, config, iterations, seed, stop }
    : null

/** The request, or what is wrong with which field ("config.level"). What the page lets through, the server still checks. */
export const requestOf = (
  draft: Draft,
  { fields, headline }: SimulationForm,
):
  | { readonly request: RunRequest; readonly problems?: never }
  | { readonly problems: Readonly<Record<string, string>>; readonly request?: never } => {
  const { simulation, iterations, precision } = draft
  const config = valuesOf(draft, fields)
  const seed = draft.seed.trim()
  const problems: Record<string, string> = {}
  for (const field of fields) {
    const problem = problemOf(field, config[field.name])
    if (problem !== null) problems[`config.${field.name}`] = problem
  }
  if (typeof iterations !== "number") problems["iterations"] = "Say how many."
  if (typeof iterations !== "number" || Object.keys(problems).length > 0) return { problems }
  return {
    request: {
      simulation,
      config,
      iterations,
      ...(seed === "" ? {} : { seed }),
      ...(precision === null ? {} : { stop: { precision: { metric: headline, relative: precision } } }),
    },
  }
}

const problemOf = (field: FormField, value: FieldValue | undefined): string | null => {
  switch (field.kind) {
    case "select":
      return typeof value === "string" && value !== "" ? null : "Choose one."
    case "multiselect":
    case "priority":
      return null
    case "number":
    case "chance": {
      const shown = (bound: number) =>
        field.kind === "chance" ? formatShare(bound) : formatQuantity(bound, field.unit)
      const allowed = `From ${shown(field.min)} to ${shown(field.max)}.`
      if (typeof value !== "number") return `A number is needed. ${allowed}`
      return value >= field.min && value <= field.max ? null : allowed
    }
  }
}
