/** Checks a config against its simulation's schema. */
import type { StandardSchemaV1 } from "@standard-schema/spec"
import type { Issue } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { AnySimulation, ConfigSchema } from "./definition.ts"
import { InvalidConfig } from "./errors.ts"

/** How many issues are reported; a config that is wrong in a thousand places has one problem. */
const ISSUE_LIMIT = 20

/** The schema as a Standard Schema. One that is both stays as it is. */
const standard = (schema: ConfigSchema): StandardSchemaV1 =>
  "~standard" in schema
    ? schema
    : Schema.toStandardSchemaV1(schema, {
        parseOptions: { errors: "all", onExcessProperty: "error" },
        leafHook: inWords,
      })

/** What is wrong, for the person who wrote the config and has never seen its schema. */
const inWords: SchemaIssue.LeafHook = (issue) => {
  switch (issue._tag) {
    case "MissingKey":
      return "is required"
    case "UnexpectedKey":
      return "is no field of this config"
    default:
      return SchemaIssue.defaultLeafHook(issue)
  }
}

const pathOf = (issue: StandardSchemaV1.Issue): Issue["path"] =>
  (issue.path ?? []).map((step) => {
    const key = typeof step === "object" ? step.key : step
    return typeof key === "symbol" ? String(key) : key
  })

/** The config as the simulation wants it, or what is wrong with it. */
export const validateConfig = Effect.fnUntraced(function* (
  simulation: AnySimulation,
  config: unknown,
): Effect.fn.Return<unknown, InvalidConfig> {
  const outcome = yield* Effect.promise(async () => standard(simulation.config)["~standard"].validate(config))
  if (outcome.issues === undefined) return outcome.value
  const issues = outcome.issues.slice(0, ISSUE_LIMIT).map((issue) => ({
    path: ["config", ...pathOf(issue)],
    message: issue.message,
  }))
  const first = issues[0]
  return yield* new InvalidConfig({
    simulation: simulation.name,
    issues,
    message:
      `The config of "${simulation.name}" is not valid` +
      (first === undefined ? "." : `: ${first.path.join(".")}: ${first.message}`),
  })
})
