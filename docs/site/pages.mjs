// The order of the pages in the site's sidebar. A page that is in docs/ and not in here fails the build.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const SECTIONS = [
  {
    text: "Get started",
    pages: ["index", "hono", "express", "next", "fastify", "bun", "deno", "workers"].map(
      (name) => `getting-started/${name}`,
    ),
  },
  {
    text: "Concepts",
    pages: [
      "concepts/batch",
      "concepts/jobs",
      "concepts/stream",
      "concepts/statistics",
      "reproducibility",
      "architecture",
    ],
  },
  {
    text: "Guides",
    pages: [
      "guides/workers",
      "guides/eventsource",
      "guides/proxies",
      "guides/own-engine",
      "guides/testing",
      "guides/other-frameworks",
      "guides/effect",
      "guides/observability",
      "guides/durable-jobs",
      "guides/distributed",
      "guides/scale",
    ],
  },
  { text: "Deciding", pages: ["comparison"] },
  { text: "When it goes wrong", pages: ["troubleshooting", "errors"] },
  { text: "Reference", pages: ["protocol", "api/index"] },
]

/** A page's own heading, so that it has one name only. */
const titleOf = (file) => /^# (.+)$/m.exec(readFileSync(file, "utf8"))?.[1]?.replaceAll("`", "") ?? file

const linkTo = (page) => `/${page.replace(/(^|\/)index$/, "$1")}`

/** The sidebar, as VitePress wants it. */
export const sections = (docs) => {
  const present = (page) => existsSync(join(docs, `${page}.md`))
  const listed = new Set(SECTIONS.flatMap(({ pages }) => pages))
  const forgotten = readdirSync(docs, { recursive: true })
    .filter((file) => file.endsWith(".md") && !/^(site|api)\b|^index\.md$/.test(file))
    .map((file) => file.replaceAll("\\", "/").replace(/\.md$/, ""))
    .filter((page) => !listed.has(page))
  if (forgotten.length > 0) throw new Error(`Put into docs/site/pages.mjs: ${forgotten.join(", ")}`)
  return SECTIONS.map(({ text, pages }) => ({
    text,
    collapsed: false,
    items: pages
      .filter(present)
      .map((page) => ({ text: titleOf(join(docs, `${page}.md`)), link: linkTo(page) })),
  }))
}
