import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { loadSimulations } from "./loadSimulations.ts"

const folder = mkdtempSync(join(tmpdir(), "simstream-load-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const simulation = (name: string) => `({ kind: "iterations", name: "${name}", prepare: () => () => ({}) })`

const namesIn = async (file: string, text: string) => {
  const path = join(folder, file)
  writeFileSync(path, text)
  return (await loadSimulations(path)).map(({ name }) => name)
}

it("finds simulations one by one, in arrays, and in the default export, each once", async () => {
  const text = `export const one = ${simulation("one")}
    export const more = [one, ${simulation("two")}]
    export default one
    export const other = { kind: "engine", name: "engine", run: () => [] }
    export const helper = () => 42`
  expect(await namesIn("several.mjs", text)).toEqual(["one", "two"])
})

it("refuses two different ones with one name", async () => {
  const text = `export const one = ${simulation("same")}; export const two = ${simulation("same")}`
  await expect(namesIn("same.mjs", text)).rejects.toThrow('exports two simulations with the name "same"')
})

it("says what there is instead of a simulation", async () => {
  await expect(namesIn("none.mjs", "export const helper = 1")).rejects.toThrow("(it exports helper)")
  await expect(namesIn("empty.mjs", "")).rejects.toThrow(/empty\.mjs exports no simulation\. Export/)
  await expect(loadSimulations(join(folder, "nowhere.mjs"))).rejects.toThrow(
    /There is no file .*nowhere\.mjs/,
  )
})
