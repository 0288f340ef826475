/** What the form holds while it is filled in, and the request that it becomes. */
import type { Catalogue, FormField } from "@simstream/example-simulations"
import type { StopRules } from "@simstream/protocol"
import { formatShare } from "../format/numbers.ts"
import { capitalised } from "../format/text.ts"
import type { SimulationName } from "../outputs.ts"

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

/** The metric whose precision ends a run: all simulations here are about damage. */
const HEADLINE = "dps"

/** The request, or what is wrong with which field ("config.level"). What the page lets through, the server still checks. */
export const requestOf = (
  draft: Draft,
  fields: ReadonlyArray<FormField>,
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
      ...(precision === null ? {} : { stop: { precision: { metric: HEADLINE, relative: precision } } }),
    },
  }
}

const problemOf = (field: FormField, value: FieldValue | undefined): string | null => {
  switch (field.kind) {
    case "select":
      return typeof value === "string" && value !== "" ? null : "Choose one."
    case "multiselect":
      return null
    case "number":
    case "chance": {
      const percent = field.kind === "chance"
      const unit = percent ? "%" : (field.unit ?? "")
      const shown = (bound: number) =>
        `${(percent ? 100 * bound : bound).toLocaleString("en")}${unit && ` ${unit}`}`
      const allowed = `From ${shown(field.min)} to ${shown(field.max)}.`
      if (typeof value !== "number") return `A number is needed. ${allowed}`
      return value >= field.min && value <= field.max ? null : allowed
    }
  }
}

/**
 * A line that tells one run from another: "Juggernaut, level 25, 2 × Daedalus, seed 7". Numbers at their default go
 * unsaid; `null` when there is nothing to say.
 */
export const describeRun = (request: RunRequest, catalogue: Catalogue | null): string | null => {
  const parts = (catalogue?.forms[request.simulation].fields ?? []).flatMap((field) =>
    describeValue(field, request.config[field.name]),
  )
  if (request.seed !== undefined) parts.push(`seed ${request.seed}`)
  return parts.length === 0 ? null : capitalised(parts.join(", "))
}

const describeValue = (field: FormField, value: FieldValue | undefined): ReadonlyArray<string> => {
  switch (field.kind) {
    case "select":
      return field.options.filter((option) => option.value === value).map(({ label }) => label)
    case "multiselect": {
      const chosen = typeof value === "object" ? value : []
      return field.options.flatMap((option) => {
        const times = chosen.filter((item) => item === option.value).length
        return times === 0 ? [] : [times === 1 ? option.label : `${times} × ${option.label}`]
      })
    }
    case "number":
    case "chance": {
      if (typeof value !== "number" || value === field.default) return []
      const shown =
        field.kind === "chance"
          ? formatShare(value)
          : `${value.toLocaleString("en")}${field.unit === null ? "" : ` ${field.unit}`}`
      return [`${field.label.toLowerCase()} ${shown}`]
    }
  }
}
