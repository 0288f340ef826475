// Finds a Chromium on this machine and starts it; the browser tests drive it with playwright-core.
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { chromium, type Browser, type LaunchOptions } from "playwright-core"
import { describe } from "vitest"

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

const wellKnownPaths = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
]

const isExecutable = (path: string) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The path of a Chromium or Chrome, or undefined where there is none.
 * `SIMSTREAM_CHROMIUM` comes first, and a wrong path in it is an error rather than a reason to look elsewhere.
 */
export const findChromium = (): string | undefined => {
  const chosen = process.env["SIMSTREAM_CHROMIUM"]
  if (chosen) {
    if (!isExecutable(chosen)) {
      throw new Error(`SIMSTREAM_CHROMIUM is "${chosen}", which is not a file that can be run.`)
    }
    return chosen
  }
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .flatMap((folder) => names.map((name) => join(folder, name)))
  return [...wellKnownPaths, ...onPath].find(isExecutable)
}

/** `describe` for tests that need a browser: skipped where there is none (browser.setup.ts says so, loudly). */
export const describeInBrowser = describe.skipIf(findChromium() === undefined)

export const launchChromium = (options: LaunchOptions = {}): Promise<Browser> => {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error("No Chromium found: use describeInBrowser.")
  return chromium.launch({
    executablePath,
    // Chromium's own sandbox does not start as root, which is what containers usually are
    chromiumSandbox: process.getuid?.() !== 0,
    ...options,
  })
}
