import { expect, it } from "vitest"
import { headingsOf, linksOf } from "./markdown.ts"

it("finds the links that stay within the repository, and none in code", () => {
  const text =
    "[a](a.md#b) ![c](d.png) [e](https://example.com)\n[i](https://github.com/simstream/simstream/blob/main/i.md)\n```md\n[f](f.md)\n```\n[g](#h)"
  expect(linksOf(text)).toEqual(["a.md#b", "d.png", "/i.md", "#h"])
})

it("gives headings the anchors that GitHub gives them", () => {
  const text = "# What's `this`?\n## HTTP/1.1\n## HTTP/1.1\n### `job_not_found`\n```sh\n# no heading\n```"
  expect([...headingsOf(text)]).toEqual(["whats-this", "http11", "http11-1", "job_not_found"])
})
