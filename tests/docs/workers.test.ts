// The guide to workers: what each bundler makes of it gives the same bits, in Chromium and on every runtime.
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { extname, join } from "node:path"
import { promisify } from "node:util"
import { startBatch } from "@simstream/core"
import type { Browser } from "playwright-core"
import { build as buildVite } from "vite"
import { afterAll, beforeAll, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { commandOf, type Runtime, runtimeEnv, runtimes } from "../support/runtimes.ts"
import { listenWith } from "../support/server.ts"
import { writeGuide } from "./guides.ts"
import { dice } from "./scenery/simulations.ts"

const guide = readFileSync(join(import.meta.dirname, "../../docs/guides/workers.md"), "utf8")
const folder = writeGuide("guides/workers")
const run = promisify(execFile)

/** What the guide's batch comes to on one thread. */
const digest = async (): Promise<string> => {
  const input = { config: { count: 10 }, iterations: 1_000_000, seed: 7 }
  return (await startBatch(dice, input).result).digest
}
const expected = digest()

it.each(Object.values(runtimes).filter(({ path }) => path !== undefined))(
  "gives the same bits on workers of $name",
  async (runtime: Runtime) => {
    const [command, args] = commandOf(runtime, "batch.ts")
    const { stdout } = await run(command, args, { cwd: folder, env: runtimeEnv() })
    expect(stdout.trim()).toBe(await expected)
  },
)

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" }

describeInBrowser("a page with workers", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  /** Opens a folder of files that were built, and answers with what the page shows in the end. */
  const open = async (built: string, script: string): Promise<string | null> => {
    const html = `<!doctype html><meta charset="utf-8"><script type="module" src="${script}"></script>`
    await using server = await listenWith((request, response) => {
      const path = request.url ?? "/"
      const file = join(built, path)
      response.setHeader("Content-Type", TYPES[extname(path)] ?? "text/html")
      if (path === "/") response.end(html)
      else response.writeHead(existsSync(file) ? 200 : 404).end(existsSync(file) ? readFileSync(file) : "")
    })
    const page = await browser.newPage()
    await page.goto(server.origin)
    await page.getByText(/^[0-9a-f]{64}$/).waitFor()
    const text = await page.locator("body").textContent()
    await page.close()
    return text
  }

  it("has them when it was built by Vite", async () => {
    const outDir = join(folder, "built-by-vite")
    writeFileSync(join(folder, "index.html"), '<script type="module" src="/page.ts"></script>')
    await buildVite({
      root: folder,
      configFile: join(folder, "vite.config.ts"),
      logLevel: "error",
      build: { outDir, rolldownOptions: { output: { entryFileNames: "page.js" } } },
    })
    expect(await open(outDir, "/page.js")).toBe(await expected)
  })

  it("has them when it was built by webpack", async () => {
    const outDir = join(folder, "built-by-webpack")
    const { default: webpack } = await import("webpack")
    const { default: config } = await import(join(folder, "webpack.config.ts"))
    const stats = await new Promise<string>((resolve, reject) => {
      const output = { path: outDir, filename: "page.js", publicPath: "/" }
      webpack({ ...config, context: folder, output, optimization: { minimize: false } }, (error, result) =>
        error === null ? resolve(result?.toString("errors-only") ?? "") : reject(error),
      )
    })
    expect(stats).toBe("")
    expect(await open(outDir, "/page.js")).toBe(await expected)
  })

  it("has them when it was built by esbuild", async () => {
    const esbuild = join(createRequire(import.meta.url).resolve("esbuild/package.json"), "../bin/esbuild")
    const command = /^esbuild (page.+)$/m.exec(guide)?.[1] ?? ""
    mkdirSync(join(folder, "dist"), { recursive: true })
    await run(esbuild, command.split(" "), { cwd: folder })
    expect(await open(join(folder, "dist"), "/page.esbuild.js")).toBe(await expected)
  })
})
