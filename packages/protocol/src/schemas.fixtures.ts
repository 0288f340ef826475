/** The JSON Schemas as functions, for tests. */
import { Ajv2020 } from "ajv/dist/2020.js"
import { readdirSync, readFileSync } from "node:fs"

/** What every schema of ours says of itself. */
export interface SchemaFile {
  readonly $id: string
  readonly $schema: string
}

const folder = new URL("../schema/", import.meta.url)

/** Where the schemas say that they are. */
export const schemaBase = "https://github.com/simstream/simstream/raw/main/packages/protocol/schema/"

/** The schemas, by the names of their files. */
export const schemas: ReadonlyArray<readonly [file: string, schema: SchemaFile]> = readdirSync(folder).map(
  (file) => [file, JSON.parse(readFileSync(new URL(file, folder), "utf8"))],
)

/** `strict` refuses keywords that nobody knows; the two that are off forbid to say more of a value that another schema describes. */
export const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true })
for (const [, schema] of schemas) ajv.addSchema(schema)

/** What is wrong with a value by a schema, such as `"event.json"` or `"job.json#/$defs/status"`; nothing when it is valid. */
export const faultsOf = (name: string, value: unknown): ReadonlyArray<string> => {
  const validate = ajv.getSchema(`${schemaBase}${name}`)
  if (validate === undefined) throw new Error(`There is no schema ${name}.`)
  if (validate(value) === true) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

/** The schema as a guard. */
export const validator =
  (name: string) =>
  (value: unknown): boolean =>
    faultsOf(name, value).length === 0
