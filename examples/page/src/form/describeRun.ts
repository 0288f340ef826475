/** What a run was asked for, in a line. */
import type { Catalogue, FormField } from "@simstream/example-simulations"
import { formatQuantity } from "../format/figures.ts"
import { formatShare } from "../format/numbers.ts"
import { capitalised, lowered } from "../format/text.ts"
import type { FieldValue, RunRequest } from "./draft.ts"

/**
 * A line that tells one run from another: "Juggernaut, level 25, 2 × Daedalus". Numbers at their default go unsaid; `null`
 * when there is nothing to say.
 */
export const describeRun = (request: RunRequest, catalogue: Catalogue | null): string | null => {
  const parts = (catalogue?.forms[request.simulation].fields ?? []).flatMap((field) =>
    describeValue(field, request.config[field.name]),
  )
  return parts.length === 0 ? null : capitalised(parts.join(", "))
}

/** The same with the seed, if one was given: what tells a run from another of the same settings. */
export const describeWithSeed = (request: RunRequest, catalogue: Catalogue | null): string | null => {
  const description = describeRun(request, catalogue)
  if (request.seed === undefined) return description
  return description === null ? `seed ${request.seed}` : `${description}, seed ${request.seed}`
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
    case "priority": {
      const order = typeof value === "object" ? value : field.default
      if (field.default.every((item, at) => order[at] === item)) return []
      const labels = order.flatMap((item) => field.options.filter((option) => option.value === item))
      // That another comes first says most; else it takes the whole list to tell
      return order[0] === field.default[0]
        ? labels.map(({ label }) => label)
        : labels.slice(0, 1).map(({ label }) => `${label} first`)
    }
    case "number":
    case "chance": {
      if (typeof value !== "number" || value === field.default) return []
      const shown = field.kind === "chance" ? formatShare(value) : formatQuantity(value, field.unit)
      return [`${lowered(field.label)} ${shown}`]
    }
  }
}
