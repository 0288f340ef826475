// The documentation's site: every page of docs/, the API reference made from the doc comments, a search over both, and
// llms.txt. Pages are plain Markdown, as GitHub shows it; what only the site needs is in here.
import { existsSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { defineConfig } from "vitepress"
import llmstxt from "vitepress-plugin-llms"
import { apiSidebar } from "../api.mjs"
import { sections } from "../pages.mjs"

const docs = resolve(import.meta.dirname, "../..")
const repository = resolve(docs, "..")
const GITHUB = "https://github.com/simstream/simstream"

/** Where the site will be: `https://simstream.github.io` and `/simstream/`, where CI puts it. */
const origin = process.env.DOCS_ORIGIN
const base = process.env.DOCS_BASE ?? "/"

/** A link that leaves docs/ becomes one to the file on GitHub; VitePress checks all the others. */
const linkToRepository = (markdown) => {
  markdown.core.ruler.push("link-to-repository", ({ tokens, env }) => {
    for (const { children } of tokens) {
      for (const token of children ?? []) {
        const href = token.type === "link_open" ? token.attrGet("href") : null
        if (href === null || !/^\.\.?\//.test(href)) continue
        const [path, hash = ""] = href.split("#")
        const file = join(dirname(env.realPath ?? env.path), decodeURI(path))
        if (!relative(docs, file).startsWith("..")) continue
        if (!existsSync(file))
          throw new Error(`${relative(repository, env.path)} links to ${href}, which is not there.`)
        token.attrSet("href", `${GITHUB}/tree/main/${relative(repository, file)}${hash && `#${hash}`}`)
      }
    }
  })
}

/** The anchors of headings as GitHub makes them, so that a link to one works in both places. */
const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-")

export default defineConfig({
  srcDir: docs,
  srcExclude: ["site/**", "screenshots/**"],
  outDir: join(import.meta.dirname, "../dist"),
  cacheDir: join(import.meta.dirname, "../node_modules/.cache/vitepress"),
  base,
  lang: "en",
  title: "Simstream",
  description: "Put a running simulation on a user's screen: live, typed, resumable, reproducible.",
  cleanUrls: true,
  lastUpdated: true,
  head: [
    ["link", { rel: "icon", type: "image/svg+xml", href: `${base}logo.svg` }],
    ["meta", { name: "theme-color", content: "#0b7285" }],
  ],
  markdown: {
    theme: { light: "github-light", dark: "github-dark" },
    anchor: { slugify },
    headers: { slugify },
    toc: { slugify },
    config: linkToRepository,
  },
  vite: {
    publicDir: join(import.meta.dirname, "../public"),
    plugins: [
      llmstxt({
        workDir: docs,
        domain: origin,
        ignoreFiles: ["site/**", "index.md"],
        title: "Simstream",
        description:
          "A TypeScript SDK for streamed simulation jobs: progress, running statistics and results, live.",
      }),
    ],
    // The API's pages are long by nature
    build: { chunkSizeWarningLimit: 4000 },
  },
  themeConfig: {
    logo: "/logo.svg",
    search: {
      provider: "local",
      options: {
        detailedView: true,
        // A page that explains a thing comes before the many that name it
        miniSearch: { searchOptions: { boostDocument: (id) => (id.includes("/api/") ? 0.3 : 1) } },
      },
    },
    outline: { level: [2, 3] },
    nav: [
      { text: "Get started", link: "/getting-started/", activeMatch: "^/getting-started/" },
      { text: "Concepts", link: "/concepts/batch", activeMatch: "^/concepts/" },
      { text: "Guides", link: "/guides/workers", activeMatch: "^/guides/" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
    ],
    sidebar: { "/": sections(docs), "/api/": apiSidebar() },
    socialLinks: [{ icon: "github", link: GITHUB }],
    editLink: { pattern: `${GITHUB}/edit/main/docs/:path`, text: "Correct this page" },
    footer: { message: "MIT" },
  },
})
