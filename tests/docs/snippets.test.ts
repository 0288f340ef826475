// Every piece of TypeScript in the documentation compiles: pages, READMEs, and the examples in doc comments.
import { expect, it } from "vitest"
import { checkSnippets } from "./snippets.ts"

const problems = await checkSnippets()

it.each([...problems.keys()].map((page) => ({ page })))("compiles the code of $page", ({ page }) => {
  expect(problems.get(page)).toEqual([])
})
