// Puts the guides that go with a package into its docs/ folder, for its tarball: `prepack` of each package calls it there.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join, relative, resolve } from "node:path"

const docs = resolve(import.meta.dirname, "../docs")
const GITHUB = "https://github.com/simstream/simstream/blob/main"

/** The pages by package. What is not in here is on the site. */
const PAGES = {
  core: [
    "concepts/batch",
    "concepts/jobs",
    "concepts/statistics",
    "reproducibility",
    "guides/workers",
    "guides/own-engine",
    "guides/effect",
    "errors",
  ],
  server: [
    "concepts/jobs",
    "concepts/stream",
    "getting-started/hono",
    "getting-started/express",
    "getting-started/next",
    "guides/eventsource",
    "guides/proxies",
    "guides/observability",
    "errors",
    "troubleshooting",
  ],
  client: ["concepts/stream", "guides/eventsource", "guides/testing", "guides/other-frameworks", "errors"],
  react: ["concepts/stream", "getting-started/hono", "getting-started/next", "guides/testing"],
  cluster: ["guides/durable-jobs", "guides/distributed", "guides/scale"],
  protocol: ["protocol", "concepts/stream"],
}

const target = resolve("docs")
const pages = PAGES[basename(resolve("."))].filter((page) => existsSync(join(docs, `${page}.md`)))
const shipped = new Set(pages.map((page) => `${page}.md`))

/** A link to a page that comes along stays; any other leads to GitHub. */
const relink = (page, link) => {
  if (/^(https?:|mailto:|#|\/)/.test(link)) return link
  const [path, hash] = link.split("#")
  const file = join(docs, dirname(page), path)
  if (shipped.has(relative(docs, file).replaceAll("\\", "/"))) return link
  const anchor = hash === undefined ? "" : `#${hash}`
  return `${GITHUB}/${relative(dirname(docs), file).replaceAll("\\", "/")}${anchor}`
}

rmSync(target, { recursive: true, force: true })
for (const page of shipped) {
  const text = readFileSync(join(docs, page), "utf8")
    // For the compiler of the examples alone
    .replaceAll(/^<!-- (before|file|types|compiler)\b.*?-->\n+/gms, "")
    .replaceAll(/\]\(([^)\s]+)\)/g, (_, link) => `](${relink(page, link)})`)
  mkdirSync(dirname(join(target, page)), { recursive: true })
  writeFileSync(join(target, page), text)
}
