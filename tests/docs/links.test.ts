// No link of a page or a README leads nowhere: neither to a file that is not there, nor to a heading.
import { existsSync, globSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { expect, it } from "vitest"
import { headingsOf, linksOf } from "./markdown.ts"

const root = join(import.meta.dirname, "../..")

const pages = globSync(["*.md", "docs/**/*.md", "packages/*/*.md", "examples/*/*.md", ".changeset/*.md"], {
  cwd: root,
}).filter((file) => !/docs[\\/](api|site)|node_modules|CHANGELOG/.test(file))

/** Made by the site's build, which checks its links itself. */
const isGenerated = (path: string): boolean => /^docs[\\/]api([\\/]|$)/.test(relative(root, path))

const leadsNowhere = (page: string, link: string): boolean => {
  const [path = "", anchor] = decodeURI(link).split("#")
  const target = path === "" ? join(root, page) : join(root, path.startsWith("/") ? "" : dirname(page), path)
  if (isGenerated(target)) return false
  if (!existsSync(target)) return true
  if (anchor === undefined || statSync(target).isDirectory()) return false
  return !headingsOf(readFileSync(target, "utf8")).has(anchor)
}

it.each(pages)("has only links that lead somewhere: %s", (page) => {
  const links = linksOf(readFileSync(join(root, page), "utf8"))
  expect(links.filter((link) => leadsNowhere(page, link))).toEqual([])
})
