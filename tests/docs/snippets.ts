// Writes the code of every page and doc comment into files, one folder a page, and compiles them all.
import { execFile } from "node:child_process"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { type Block, isTypeScript, type Page, readDocComments, readExports, readPage } from "./extract.ts"

const root = join(import.meta.dirname, "../..")

/** What the examples in doc comments have around them: globals, and files that they import. */
const scenery = join(import.meta.dirname, "scenery")
const globals = join(scenery, "globals.ts")

/** Where the files are written; not in node_modules, whose files TypeScript does not check. */
const out = join(import.meta.dirname, ".build/snippets")

const MARKDOWN = ["*.md", "docs/**/*.md", "packages/*/*.md", "examples/*/*.md", "bench/*.md"]
const NOT_OURS = /^docs\/(api|site)\/|\/node_modules\/|CHANGELOG\.md$/

const find = (patterns: ReadonlyArray<string>): ReadonlyArray<string> =>
  globSync([...patterns], { cwd: root })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !NOT_OURS.test(file))
    .sort()

const read = (file: string): string => readFileSync(join(root, file), "utf8")

/** A page's code as files. */
interface Written {
  /** The page or source file that it is from, as seen from the repository's root. */
  readonly source: string
  readonly types: ReadonlyArray<string>
  /** Options of the compiler, as JSON. */
  readonly compiler: string
  readonly files: ReadonlyArray<{ readonly path: string; readonly block: Block }>
}

/** A file of code that is named twice on a page is the same file later on: it gets a number, and imports mean the first. */
const numbered = (blocks: ReadonlyArray<Block>): ReadonlyArray<Block> => {
  const seen = new Map<string, number>()
  return blocks.map((block) => {
    const count = (seen.get(block.name) ?? 0) + 1
    seen.set(block.name, count)
    return count === 1 ? block : { ...block, name: block.name.replace(/(\.tsx?)$/, `.${count}$1`) }
  })
}

const write = (source: string, { blocks, types, compiler }: Page): Written => {
  // One folder deeper, so that `../server.ts` is the page's own, too
  const folder = join(out, source.replaceAll(/[/.]/g, "-"), "page")
  const files = numbered(blocks.filter(isTypeScript)).map((block) => {
    const path = join(folder, block.name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, block.before === "" ? block.code : `${block.before}\n${block.code}`)
    return { path, block }
  })
  return { source, types, compiler: compiler.replaceAll("<page>", folder.replaceAll("\\", "/")), files }
}

interface Entry {
  readonly specifier: string
  readonly exports: ReadonlyMap<string, "value" | "type">
}

/** The names that examples have without importing them. */
const surroundings = new Set(
  [...readFileSync(globals, "utf8").matchAll(/^ {2}(?:const|type) (\w+)/gm)].map(([, name]) => name),
)

/** Everything that can be imported from a package, by the entry that has it. */
const entriesOf = (folder: string): ReadonlyArray<Entry> => {
  const { name, exports }: { name: string; exports: Record<string, string | Record<string, string>> } =
    JSON.parse(read(`${folder}/package.json`))
  return Object.entries(exports).flatMap(([path, target]) => {
    const source = typeof target === "string" ? undefined : target["@simstream/source"]
    if (source === undefined) return []
    return [{ specifier: join(name, path), exports: readExports(read(join(folder, source))) }]
  })
}

/** An example in a doc comment need not import what it is the example of: imports what it uses of its own package. */
const withImports = (block: Block, entries: ReadonlyArray<Entry>): Block => {
  const taken = new Set<string>()
  const lines = entries.flatMap(({ specifier, exports }) => {
    const used = [...exports].filter(([name]) => {
      const word = String.raw`(?<![\w$"']|[^.]\.)${name}(?![\w$"'])`
      const isUsed = new RegExp(word).test(block.code)
      const isDeclared = new RegExp(
        String.raw`(import[^"]*|(const|let) [{[][^}\\]]*|const |let |function |class |type )${word}`,
      ).test(block.code)
      const isImported = new RegExp(String.raw`import[^"]*${word}[^"]*"`).test(block.code)
      return isUsed && !isDeclared && !isImported && !taken.has(name) && !surroundings.has(name)
    })
    for (const [name] of used) taken.add(name)
    const names = used.map(([name, kind]) => (kind === "type" ? `type ${name}` : name))
    return names.length === 0 ? [] : [`import { ${names.join(", ")} } from "${specifier}"`]
  })
  return { ...block, before: [...lines, ...(block.before === "" ? [] : [block.before])].join("\n") }
}

/** A file beside the examples of one source, with something of the scenery in it. */
const sceneryFile = (name: string, exported: string): Block => {
  const folder = dirname(join(out, "source", "page", name))
  const path = relative(folder, join(scenery, "simulations.ts")).replaceAll("\\", "/")
  return { name, code: `export { ${exported} } from "${path}"`, before: "", line: 1 }
}

const sceneryFiles = [sceneryFile("dice.ts", "dice"), sceneryFile("../server.ts", "type Simulations")]

const docComments = (): ReadonlyArray<Written> =>
  find(["packages/*/src/**/*.{ts,tsx}"])
    .map((source) => ({ source, page: readDocComments(read(source)) }))
    .filter(({ page }) => page.blocks.some(isTypeScript))
    .map(({ source, page }) => {
      const entries = entriesOf(source.split("/").slice(0, 2).join("/"))
      const blocks = page.blocks.map((block) => withImports(block, entries))
      return write(source, { ...page, blocks: [...blocks, ...sceneryFiles] })
    })

const pages = (): ReadonlyArray<Written> =>
  find(MARKDOWN)
    .map((source) => ({ source, page: readPage(read(source)) }))
    .filter(({ page }) => page.blocks.some(isTypeScript))
    .map(({ source, page }) => write(source, page))

/** What is wrong with a page's code, as `file:line message`. */
export type Problems = ReadonlyMap<string, ReadonlyArray<string>>

const DIAGNOSTIC = /^(.+?)\((\d+),\d+\): error (.+)$/

const compile = (project: string): Promise<string> =>
  new Promise((resolve) => {
    const compiler = join(root, "node_modules/typescript/bin/tsc")
    const args = [compiler, "--project", project, "--pretty", "false"]
    execFile(process.execPath, args, { cwd: root, maxBuffer: 64e6 }, (_error, stdout) => resolve(stdout))
  })

/** Compiles pages that live among the same globals, as one project. */
const check = async (written: ReadonlyArray<Written>, name: string, extra: ReadonlyArray<string>) => {
  const project = join(out, `tsconfig.${name}.json`)
  const lib = ["ES2024", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"]
  const { types = [], compiler = "{}" } = written[0] ?? {}
  const settings = {
    extends: "../../../../tsconfig.base.json",
    compilerOptions: {
      composite: false,
      incremental: false,
      declarationMap: false,
      emitDeclarationOnly: false,
      noEmit: true,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      jsx: "react-jsx",
      lib,
      types: types.length === 0 ? ["node"] : types,
      // An example shows what one gets, and leaves it there
      noUnusedLocals: false,
      noUnusedParameters: false,
      ...JSON.parse(compiler),
    },
    files: [...extra, ...written.flatMap(({ files }) => files.map(({ path }) => path))],
  }
  writeFileSync(project, JSON.stringify(settings, null, 2))
  const output = await compile(project)

  const byFile = new Map(
    written.flatMap(({ source, files }) =>
      files.map(({ path, block }) => [path, { source, block }] as const),
    ),
  )
  const problems = new Map<string, Array<string>>(written.map(({ source }) => [source, []]))
  const lines = output.split("\n").filter((line) => line !== "" && !line.startsWith(" "))
  for (const line of lines) {
    const [, file = "", row = "0", message = line] = DIAGNOSTIC.exec(line) ?? []
    const found = byFile.get(join(root, file))
    if (found !== undefined) {
      const { source, block } = found
      const hidden = block.before === "" ? 0 : block.before.split("\n").length
      problems.get(source)?.push(`${source}:${block.line + Number(row) - 1 - hidden} ${message}`)
    } else if (!file.startsWith("packages/")) {
      // Our own sources are compiled by `tsc -b`, with the options that they are written for
      throw new Error(`${relative(root, project)}:\n${line}`)
    }
  }
  return problems
}

/** Compiles everything; the problems of each page, none for one that is right. */
export const checkSnippets = async (): Promise<Problems> => {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const groups = Map.groupBy(pages(), ({ types, compiler }) => `${types.join(" ")}${compiler}`)
  const examples = docComments()
  const results: Array<Problems> = []
  for (const [at, group] of [...groups.values()].entries()) {
    results.push(await check(group, `pages-${at}`, []))
  }
  results.push(await check(examples, "doc-comments", [globals]))
  return new Map(results.flatMap((problems) => [...problems]))
}
