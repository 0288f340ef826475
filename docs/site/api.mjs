// Makes docs/api, the reference of every public thing, from the packages' sources: `node api.mjs`.
// One page an entry that can be imported, named as it is imported.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const site = import.meta.dirname
const packages = resolve(site, "../../packages")
const out = resolve(site, "../api")

/** The order in which one meets them. */
const ORDER = ["core", "server", "client", "react", "cluster", "protocol"]

/** `{ specifier: "@simstream/core/worker", page: "core-worker", source: "/…/src/worker/index.ts" }` for every entry. */
const entries = readdirSync(packages)
  .filter((name) => existsSync(join(packages, name, "package.json")))
  .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))
  .flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(packages, folder, "package.json"), "utf8"))
    return Object.entries(exports).flatMap(([path, target]) => {
      const source = target["@simstream/source"]
      if (source === undefined) return []
      const specifier = join(name, path).replaceAll("\\", "/")
      const page = specifier.replace("@simstream/", "").replaceAll("/", "-")
      return [{ specifier, page, source: join(packages, folder, source) }]
    })
  })

/** The reference's own sidebar, as VitePress wants it. */
export const apiSidebar = () => [
  {
    text: "API",
    items: [
      { text: "All entries", link: "/api/" },
      ...entries.map(({ specifier, page }) => ({ text: specifier, link: `/api/${page}` })),
    ],
  },
  { text: "← Guides", link: "/getting-started/" },
]

const pageOf = ({ sourceFile }) => entries.find(({ source }) => resolve(sourceFile.fileName) === source).page

/** What each entry is for, in its own words. */
const index = (project) => {
  const rows = entries.map(({ specifier, page }) => {
    const { comment } = project.children.find(({ name }) => name === page)
    const summary = (comment?.summary ?? [])
      .map(({ text }) => text)
      .join("")
      .replaceAll("\n", " ")
    return `| [\`${specifier}\`](${page}.md) | ${summary} |`
  })
  return `# API\n\nEverything that can be imported, from the doc comments.\n\n| import | for |\n| --- | --- |\n${rows.join("\n")}\n`
}

/** Leaves out where a thing is inherited from, and gives parameters without a name one. */
const tidy = (markdown) =>
  markdown
    .replaceAll(/^#+ (Inherited from|Overrides)\n\n.+\n\n?/gm, "")
    .replaceAll("__namedParameters", "options")

const generate = async () => {
  // A warning is a public thing without a doc comment, or a link to nowhere
  const { Application, Converter, ReflectionKind } = await import("typedoc")
  const app = await Application.bootstrapWithPlugins({
    entryPoints: entries.map(({ source }) => source),
    plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
    tsconfig: join(site, "tsconfig.json"),
    // `tsc -b` has checked them, with each package's own options
    skipErrorChecking: true,
    readme: "none",
    disableSources: true,
    out,
    docsRoot: resolve(site, ".."),
    sidebar: { autoConfiguration: false },
    outputFileStrategy: "modules",
    pageTitleTemplates: { module: ({ name }) => entries.find(({ page }) => page === name).specifier },
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    expandObjects: false,
    parametersFormat: "table",
    interfacePropertiesFormat: "list",
    groupOrder: ["Functions", "Variables", "Classes", "Interfaces", "Type Aliases", "References"],
    excludeInternal: true,
    excludeExternals: true,
    validation: { notDocumented: true, notExported: false, invalidLink: true },
    treatValidationWarningsAsErrors: true,
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    // Classes are errors, and nobody but the packages makes them
    const withheld = ReflectionKind.Constructor | ReflectionKind.Accessor
    for (const member of context.project.getReflectionsByKind(withheld))
      context.project.removeReflection(member)
  })
  const points = app.getEntryPoints() ?? []
  const project = app.converter.convert(points.map((point) => ({ ...point, displayName: pageOf(point) })))
  app.validate(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1
  await app.generateOutputs(project)
  for (const file of readdirSync(out).filter((name) => name.endsWith(".md"))) {
    const path = join(out, file)
    writeFileSync(path, tidy(readFileSync(path, "utf8")))
  }
  writeFileSync(join(out, "index.md"), index(project))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  await generate()
}
