// Finds the TypeScript in pages and doc comments, so that it can be compiled and run.
//
// A block whose first line is `// path/to/file.ts` (or `# file.toml`, or `<!-- file.html -->`) is that file; others of the
// page can import it. What a reader need not see stands in an HTML comment, which neither GitHub nor the site shows:
//
//   <!-- before            lines that stand before the next block
//   <!-- file duel.ts      a file that the page's blocks import
//   <!-- types bun -->     the globals that the page's code lives among, in place of Node's: the name of a package of types
//   <!-- compiler {…} -->  options of the compiler for the page, `<page>` being its folder

/** A block of code, and where it is from. */
export interface Block {
  /** The file it says it is: `server.ts`; otherwise `line-12.ts`. */
  readonly name: string
  readonly code: string
  /** Lines that stand before the code and are not in the page. */
  readonly before: string
  /** The line of the page on which the code begins, from 1. */
  readonly line: number
}

/** All code of one page or source file. */
export interface Page {
  readonly blocks: ReadonlyArray<Block>
  /** The packages of types whose globals it lives among. */
  readonly types: ReadonlyArray<string>
  /** Options of the compiler, as JSON. */
  readonly compiler: string
}

const FENCE = /^(\s*)(`{3,})(\w+)?/
const NAMED = /^(?:\/\/|#|<!--) ([\w./@[\]-]+\.\w+)(?: -->)?$/
const HIDDEN = /^<!-- (before|file|types|compiler)(?: (.*?))?( -->)?$/

const LANGUAGES = new Set(["ts", "tsx"])

/** The file that a block is; `null` for one that is neither TypeScript nor says that it is a file. */
const nameOf = (code: string, language: string, line: number): string | null =>
  NAMED.exec(code.split("\n")[0] ?? "")?.[1] ?? (LANGUAGES.has(language) ? `line-${line}.${language}` : null)

/** Whether a block is for the compiler. */
export const isTypeScript = ({ name }: Block): boolean => /\.tsx?$/.test(name)

/** Reads a page of Markdown. */
export const readPage = (markdown: string): Page => {
  const lines = markdown.split("\n")
  const blocks: Array<Block> = []
  const types: Array<string> = []
  let compiler = "{}"
  let before = ""

  /** The lines until one that matches, and the number of that one. */
  const until = (from: number, end: (line: string) => boolean): readonly [ReadonlyArray<string>, number] => {
    const length = lines.slice(from).findIndex(end)
    if (length === -1) throw new Error(`What begins on line ${from} has no end.`)
    return [lines.slice(from, from + length), from + length]
  }

  for (let at = 0; at < lines.length; at++) {
    const text = lines[at] ?? ""
    const hidden = HIDDEN.exec(text)
    if (hidden !== null) {
      const [, kind, argument = "", closed] = hidden
      const [body, end] = closed === undefined ? until(at + 1, (line) => line.trim() === "-->") : [[], at]
      const code = body.join("\n")
      if (kind === "before") before = code
      else if (kind === "file") blocks.push({ name: argument, code, before: "", line: at + 2 })
      else if (kind === "types") types.push(...argument.split(" "))
      else compiler = argument
      at = end
      continue
    }
    const fence = FENCE.exec(text)
    if (fence === null) continue
    const [, indent = "", ticks = "", language = ""] = fence
    const [body, end] = until(at + 1, (line) => line.trim() === ticks)
    const code = body.map((line) => line.slice(indent.length)).join("\n")
    const name = nameOf(code, language, at + 2)
    if (name !== null) {
      blocks.push({ name, code, before, line: at + 2 })
      before = ""
    }
    at = end
  }
  return { blocks, types, compiler }
}

const DOC_COMMENT = /\/\*\*.*?\*\//gs

/** Reads the doc comments of a source file as if they were one page, whose lines are those of the file. */
export const readDocComments = (source: string): Page => {
  const lines = source.split("\n").map(() => "")
  for (const { 0: comment, index } of source.matchAll(DOC_COMMENT)) {
    const first = source.slice(0, index).split("\n").length - 1
    for (const [at, line] of comment.split("\n").entries())
      lines[first + at] = line.replace(/^\s*\/?\*+\/? ?/, "")
  }
  return readPage(lines.join("\n"))
}

/** What an entry exports, by the text of its file: each name, and whether it is but a type. */
export const readExports = (source: string): ReadonlyMap<string, "value" | "type"> => {
  const found = new Map<string, "value" | "type">()
  for (const [, kind, list = ""] of source.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const item of list.split(",")) {
      const [, type, name] = /^\s*(type )?(?:\w+ as )?(\w+)\s*$/.exec(item) ?? []
      if (name !== undefined) found.set(name, (kind ?? type) ? "type" : "value")
    }
  }
  for (const [, kind = "", name = ""] of source.matchAll(
    /^export (?:declare )?(?:async )?(const|function|class|interface|type) (\w+)/gm,
  )) {
    found.set(name, kind === "interface" || kind === "type" ? "type" : "value")
  }
  return found
}
