/** The fields of a simulation's config, from the table that the server sends. */
import { NumberInput, Select, Stack } from "@mantine/core"
import type { FormField } from "@simstream/example-simulations"
import type { FieldValue, FieldValues } from "./draft.ts"
import { ItemsField } from "./ItemsField.tsx"
import { PriorityField } from "./PriorityField.tsx"

interface Props {
  readonly fields: ReadonlyArray<FormField>
  readonly values: FieldValues
  /** What is wrong, by the field's path: "config.critChance". */
  readonly problems: Readonly<Record<string, string>>
  readonly onChange: (name: string, value: FieldValue) => void
}

const isNarrow = ({ kind }: FormField): boolean => kind === "number" || kind === "chance"

export const ConfigFields = ({ fields, values, problems, onChange }: Props) => {
  const show = (field: FormField) => (
    <ConfigField
      key={field.name}
      field={field}
      value={values[field.name] ?? field.default}
      problem={problemFor(field, fields, problems)}
      onChange={(value) => onChange(field.name, value)}
    />
  )
  const narrow = fields.filter(isNarrow)
  return (
    <Stack gap="md">
      {fields.filter((field) => !isNarrow(field)).map(show)}
      {narrow.length > 0 && <Stack gap="xs">{narrow.map(show)}</Stack>}
    </Stack>
  )
}

/** The server speaks of fields by the names in the config; people know them by their labels. */
const problemFor = (
  field: FormField,
  fields: ReadonlyArray<FormField>,
  problems: Props["problems"],
): string | undefined => {
  const exact = problems[`config.${field.name}`]
  const within = Object.entries(problems).find(([path]) => path.startsWith(`config.${field.name}.`))?.[1]
  const problem = exact ?? within
  return problem === undefined
    ? undefined
    : fields.reduce((text, { name, label }) => text.replaceAll(name, `“${label}”`), problem)
}

interface FieldProps {
  readonly field: FormField
  readonly value: FieldValue
  readonly problem: string | undefined
  readonly onChange: (value: FieldValue) => void
}

/** 0.07 × 100 is 7.000000000000001 */
const PERCENT_DECIMALS = 4

const ConfigField = ({ field, value, problem, onChange }: FieldProps) => {
  const common = {
    label: field.label,
    description: field.description,
    error: problem,
    "data-testid": `config-${field.name}`,
  }
  switch (field.kind) {
    case "select":
      return (
        <Select
          {...common}
          data={field.options.map((option) => ({ ...option }))}
          value={typeof value === "string" ? value : null}
          onChange={(chosen) => chosen !== null && onChange(chosen)}
          searchable
          allowDeselect={false}
          nothingFoundMessage="Nothing by that name"
          limit={200}
          maxDropdownHeight={280}
        />
      )
    case "multiselect":
      return (
        <ItemsField
          field={field}
          value={typeof value === "object" ? value : []}
          problem={problem}
          onChange={onChange}
        />
      )
    case "priority":
      return (
        <PriorityField
          field={field}
          value={typeof value === "object" ? value : field.default}
          problem={problem}
          onChange={onChange}
        />
      )
    case "number":
      return (
        <NumberInput
          {...common}
          className="row-field"
          value={typeof value === "object" ? "" : value}
          onChange={onChange}
          min={field.min}
          max={field.max}
          step={field.step}
          allowDecimal={!field.whole}
          clampBehavior="none"
          thousandSeparator=","
          {...affixesOf(field.unit)}
        />
      )
    case "chance":
      return (
        <NumberInput
          {...common}
          className="row-field"
          value={typeof value === "number" ? Number((100 * value).toFixed(PERCENT_DECIMALS)) : ""}
          onChange={(percent) => onChange(typeof percent === "number" ? percent / 100 : percent)}
          min={100 * field.min}
          max={100 * field.max}
          step={100 * field.step}
          clampBehavior="none"
          suffix="%"
        />
      )
  }
}

/** What stands around a number in its box. */
const affixesOf = (unit: string | null): { readonly prefix?: string; readonly suffix?: string } => {
  switch (unit) {
    case null:
    case "damage":
      return {}
    case "$":
      return { prefix: unit }
    case "%":
      return { suffix: unit }
    default:
      return { suffix: ` ${unit}` }
  }
}
