/**
 * Fields of a config. Each is a schema that carries the description of its form field, so that what a page offers and
 * what the schema accepts are written once and can't disagree.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

interface Described {
  readonly label: string
  /** A sentence of help, where the label isn't enough. */
  readonly description?: string
}

/** A number in a range. */
export interface NumberField extends Described {
  readonly kind: "number"
  /** For display; `null` for a plain number. */
  readonly unit: string | null
  readonly min: number
  readonly max: number
  /** What one press of an arrow key adds. Only `whole` limits which numbers are accepted. */
  readonly step: number
  /** Only whole numbers are accepted. */
  readonly whole: boolean
  readonly default: number
}

/** A probability, from 0 to 1. */
export interface ChanceField extends Described {
  readonly kind: "chance"
  readonly min: 0
  readonly max: 1
  readonly step: number
  readonly default: number
}

/** One of a list. */
export interface SelectField extends Described {
  readonly kind: "select"
  readonly options: ReadonlyArray<FieldOption>
  readonly default: string
}

/** Several of a list, the same one more than once if wanted. */
export interface MultiSelectField extends Described {
  readonly kind: "multiselect"
  readonly options: ReadonlyArray<FieldOption>
  readonly maxItems: number
  readonly default: ReadonlyArray<string>
}

/** All of a list, in an order of one's own: the first counts most. */
export interface PriorityField extends Described {
  readonly kind: "priority"
  readonly options: ReadonlyArray<FieldOption>
  /** The values of all options. */
  readonly default: ReadonlyArray<string>
}

/** What can be chosen in a list: the value goes into the config, the label onto the screen. */
export interface FieldOption {
  readonly value: string
  readonly label: string
  /** What it is, in a few words. */
  readonly description?: string
}

export type Field = NumberField | ChanceField | SelectField | MultiSelectField | PriorityField

/** A field and the key of the config that it sets. All of it is JSON. */
export type FormField = Field & { readonly name: string }

declare module "effect/Schema" {
  namespace Annotations {
    // The two names are Effect's.
    // oxlint-disable-next-line no-shadow
    interface Annotations {
      readonly formField?: Field | undefined
    }
  }
}

/** The step of a chance: one percent. */
const CHANCE_STEP = 0.01
/** How much of an offending text a message repeats. */
const SHOWN_LENGTH = 40

const numeric = (field: NumberField | ChanceField, what: string, accepts: (value: number) => boolean) => {
  const allowed = `must be ${what} from ${field.min} to ${field.max}`
  return Schema.Number.annotate({ message: allowed })
    .check(
      Schema.makeFilter(
        (value) => (value >= field.min && value <= field.max && accepts(value)) || `${allowed}; got ${value}`,
      ),
    )
    .annotate({ formField: field })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(field.default)))
}

/** A number field: any number in the range. */
export const number = (field: Omit<NumberField, "kind" | "whole">) =>
  numeric({ ...field, kind: "number", whole: false }, "a number", () => true)

/** A number field: the whole numbers in the range. */
export const wholeNumber = (field: Omit<NumberField, "kind" | "whole" | "step">) =>
  numeric({ ...field, kind: "number", whole: true, step: 1 }, "a whole number", Number.isInteger)

/** A chance field. */
export const chance = (field: Omit<ChanceField, "kind" | "min" | "max" | "step">) =>
  numeric({ ...field, kind: "chance", min: 0, max: 1, step: CHANCE_STEP }, "a chance", () => true)

/** The schema of one of the options; the message for anything else lists them. */
const option = (options: ReadonlyArray<FieldOption>) => {
  const values = new Set(options.map(({ value }) => value))
  const allowed = [...values].join(", ")
  return Schema.String.annotate({ message: `must be one of: ${allowed}` }).check(
    Schema.makeFilter(
      (value) =>
        values.has(value) || `${JSON.stringify(value.slice(0, SHOWN_LENGTH))} is not one of: ${allowed}`,
    ),
  )
}

/** A field to choose one of a list. */
export const select = (field: Omit<SelectField, "kind">) =>
  option(field.options)
    .annotate({ formField: { ...field, kind: "select" } })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(field.default)))

/** A field to choose several of a list. */
export const multiSelect = (field: Omit<MultiSelectField, "kind">) => {
  const allowed = `must be a list of at most ${field.maxItems}`
  return Schema.Array(option(field.options))
    .annotate({ message: allowed })
    .check(Schema.makeFilter(({ length }) => length <= field.maxItems || `${allowed}; got ${length}`))
    .annotate({ formField: { ...field, kind: "multiselect" } })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(field.default)))
}

/** A field to put all of a list into an order; by default theirs. */
export const priority = (field: Omit<PriorityField, "kind" | "default">) => {
  const values = field.options.map(({ value }) => value)
  const allowed = `must name each of these once: ${values.join(", ")}`
  return Schema.Array(Schema.String.annotate({ message: allowed }))
    .annotate({ message: allowed })
    .check(
      Schema.makeFilter(
        (order) =>
          (order.length === values.length && values.every((value) => order.includes(value))) || allowed,
      ),
    )
    .annotate({ formField: { ...field, kind: "priority", default: values } })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed<ReadonlyArray<string>>(values)))
}

/**
 * The form of a config, in the order of its schema.
 *
 * @throws TypeError when a key of the schema was not made by one of the functions above
 */
export const formOf = ({ fields }: { readonly fields: Schema.Struct.Fields }): ReadonlyArray<FormField> =>
  Object.entries(fields).map(([name, schema]) => {
    const field = Schema.resolveAnnotations(schema)?.formField
    if (field === undefined) {
      throw new TypeError(
        `The config's ${name} has no form field; make its schema with a function of fields.ts.`,
      )
    }
    return { name, ...field }
  })
