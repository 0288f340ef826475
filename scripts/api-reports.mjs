// Keeps packages/*/api/*.api.md, in which a change of what the packages export shows in review.
//   node scripts/api-reports.mjs            compares, and fails when a report is not what the packages export
//   node scripts/api-reports.mjs --update   writes them anew
// It reads the built declarations: `npm run build:types` first.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor"

const root = resolve(import.meta.dirname, "..")
const made = join(root, "node_modules/.cache/api-reports")

/** Every entry of every package: its declarations, and where its report is kept. */
const entries = readdirSync(join(root, "packages")).flatMap((name) => {
  const folder = join(root, "packages", name)
  if (!existsSync(join(folder, "package.json"))) return []
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  return Object.entries(exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([path, target]) => ({
      folder,
      declarations: join(folder, target.types),
      report: join(folder, "api", `${path === "." ? name : path.slice(2).replaceAll("/", "-")}.api.md`),
    }))
})

const silent = { default: { logLevel: ExtractorLogLevel.None } }

const prepare = ({ folder, declarations, report }) =>
  ExtractorConfig.prepare({
    packageJsonFullPath: join(folder, "package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2022",
            module: "nodenext",
            lib: ["ES2022", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
            types: ["node"],
            strict: true,
            exactOptionalPropertyTypes: true,
            skipLibCheck: true,
          },
          files: [declarations],
        },
      },
      apiReport: {
        enabled: true,
        // What is not exported and yet part of what is
        includeForgottenExports: true,
        reportFolder: made,
        reportTempFolder: join(made, "temp"),
        reportFileName: basename(report, ".api.md"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent },
    },
  })

/** One program for all entries: each would otherwise read all of Effect's types again. */
const compilerState = CompilerState.create(prepare(entries[0]), {
  additionalEntryPoints: entries.slice(1).map(({ declarations }) => declarations),
})

/** What an entry exports, as text. */
const reportOf = (entry) => {
  const { succeeded } = Extractor.invoke(prepare(entry), {
    compilerState,
    localBuild: true,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error
    },
  })
  if (!succeeded) throw new Error(`There is no report of ${entry.declarations}.`)
  return readFileSync(join(made, basename(entry.report)), "utf8")
}

const update = process.argv.includes("--update")
const kept = new Set(entries.map(({ report }) => report))
const forgotten = readdirSync(join(root, "packages"), { recursive: true })
  .filter((path) => path.endsWith(".api.md") && !path.includes("node_modules"))
  .map((path) => join(root, "packages", path))
  .filter((path) => !kept.has(path))

rmSync(made, { recursive: true, force: true })
const stale = entries.filter((entry) => {
  const wanted = reportOf(entry)
  const { report } = entry
  const isStale = !existsSync(report) || readFileSync(report, "utf8").replaceAll("\r\n", "\n") !== wanted
  if (isStale && update) {
    mkdirSync(join(entry.folder, "api"), { recursive: true })
    writeFileSync(report, wanted)
  }
  return isStale
})

const names = [...stale.map(({ report }) => report), ...forgotten].map((path) => path.slice(root.length + 1))
if (update) {
  for (const path of forgotten) rmSync(path)
  console.log(names.length === 0 ? "The API reports are as they were." : `Renewed: ${names.join(", ")}`)
} else if (names.length > 0) {
  console.error(`
What these say is not what the packages export:
  ${names.join("\n  ")}
If the change is meant, run \`npm run api\` and commit the reports; a reviewer will see it there.
`)
  process.exit(1)
} else console.log(`${entries.length} API reports are what the packages export.`)
