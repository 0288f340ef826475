// The list of errors has every one that a user can meet.
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { PROBLEMS } from "@simstream/protocol"
import { expect, it } from "vitest"

const root = join(import.meta.dirname, "../..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")

const TAGS = /TaggedError\("(\w+)"\)|readonly _tag = "(\w+)"/g

const tags = globSync("packages/*/src/**/*.{ts,tsx}", { cwd: root })
  .filter((file) => !/\.(test|test-d|fixtures)\.tsx?$/.test(file))
  .flatMap((file) => [...read(file).matchAll(TAGS)].map(([, ofEffect, own]) => ofEffect ?? own ?? ""))

it.each([...new Set(tags)])("has the cause and the cure of %s", (tag) => {
  expect(read("docs/errors.md")).toMatch(new RegExp(`^\\| \`${tag}\``, "m"))
})

it.each(Object.keys(PROBLEMS))("says in the protocol what %s means", (code) => {
  expect(read("docs/protocol.md")).toContain(`\`${code}\``)
})
