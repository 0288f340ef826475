import { describe, expect, it } from "vitest"
import { readDocComments, readExports, readPage } from "./extract.ts"

const page = (...lines: ReadonlyArray<string>) => readPage(lines.join("\n"))

describe("a page", () => {
  it("gives its TypeScript, and the line that each block begins on", () => {
    expect(
      page("# Dice", "", "```ts", "roll()", "```", "```sh", "npm start", "```", "```tsx", "<b />", "```"),
    ).toEqual({
      blocks: [
        { name: "line-4.ts", code: "roll()", before: "", line: 4 },
        { name: "line-10.tsx", code: "<b />", before: "", line: 10 },
      ],
      types: [],
      compiler: "{}",
    })
  })

  it("names a block after the file that its first line says it is", () => {
    expect(page("```ts", "// app/server.ts", "serve()", "```").blocks[0]?.name).toBe("app/server.ts")
  })

  it("takes a block of any language that says which file it is", () => {
    const { blocks } = page(
      "```html",
      "<!-- public/index.html -->",
      "<p></p>",
      "```",
      "```toml",
      "# a.toml",
      "b = 1",
      "```",
    )
    expect(blocks.map(({ name }) => name)).toEqual(["public/index.html", "a.toml"])
  })

  it("keeps what a reader need not see: lines before a block, whole files, and the globals around it", () => {
    const compiler = '<!-- compiler {"module":"preserve"} -->'
    const hidden = ["<!-- types bun -->", compiler, "<!-- before", 'import { dice } from "./dice.ts"', "-->"]
    const file = ["<!-- file dice.ts", "export const dice = 6", "-->"]
    expect(page(...hidden, "```ts", "dice", "```", ...file)).toEqual({
      blocks: [
        { name: "line-7.ts", code: "dice", before: 'import { dice } from "./dice.ts"', line: 7 },
        { name: "dice.ts", code: "export const dice = 6", before: "", line: 10 },
      ],
      types: ["bun"],
      compiler: '{"module":"preserve"}',
    })
  })

  it("takes a block in a list without its indentation", () => {
    expect(page("- so:", "  ```ts", "  if (a) {", "    b", "  }", "  ```").blocks[0]?.code).toBe(
      "if (a) {\n  b\n}",
    )
  })

  it("passes over what stands in a block of another language", () => {
    expect(page("````md", "```ts", "roll()", "```", "````").blocks).toEqual([])
  })

  it("is refused when a block has no end", () => {
    expect(() => page("```ts", "roll()")).toThrow("line 1")
  })
})

it("finds the examples in doc comments by the lines of their file", () => {
  const source = [
    "const a = 1",
    "/**",
    " * Rolls.",
    " *",
    " * ```ts",
    " * roll()",
    " * ```",
    " */",
    "const b = `/*`",
  ]
  expect(readDocComments(source.join("\n")).blocks).toEqual([
    { name: "line-6.ts", code: "roll()", before: "", line: 6 },
  ])
})

it("tells the values that an entry exports from its types", () => {
  const source = `
export { createFeed, type Feed } from "./feed.ts"
export type { Job, Other as Renamed } from "./job.ts"
export const count = 1
export interface Shape {}`
  expect(Object.fromEntries(readExports(source))).toEqual({
    createFeed: "value",
    Feed: "type",
    Job: "type",
    Renamed: "type",
    count: "value",
    Shape: "type",
  })
})
