// How every package's JavaScript is built: one ES module per entry of its package.json `exports`.
// The declarations beside it come from `tsc -b`.
import { readFileSync } from "node:fs"
import { defineConfig } from "tsup"

type PackageJson = { exports: Record<string, string | { "@simstream/source": string; default: string }> }

/** From `"default": "./dist/effect.js"` and its source to `{ effect: "./src/effect.ts" }`. */
const entriesOf = ({ exports }: PackageJson) =>
  Object.fromEntries(
    Object.values(exports)
      .filter((target) => typeof target !== "string")
      .map((target) => [target.default.replace(/^\.\/dist\/|\.js$/g, ""), target["@simstream/source"]]),
  )

export default defineConfig({
  entry: entriesOf(JSON.parse(readFileSync("package.json", "utf8"))),
  format: "esm",
  platform: "neutral",
  target: "es2022",
  external: [/^node:/],
  // "node:http" stays "node:http": Deno and workerd know no other name
  removeNodeProtocol: false,
  dts: false,
  sourcemap: true,
  // tsc writes to the same folder
  clean: false,
})
