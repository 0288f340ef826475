// Runs once before the browser tests: says loudly when they are about to be skipped, or fails if they are required.
import { findChromium } from "./chromium.ts"

const banner = `
********************************************************************************
**                                                                            **
**   NO CHROMIUM FOUND: EVERY BROWSER TEST IS SKIPPED                         **
**                                                                            **
**   Install one   Debian, Ubuntu: apt-get install chromium                   **
**                 macOS:          brew install --cask chromium               **
**   or name one   SIMSTREAM_CHROMIUM=/path/to/chrome npm test                **
**                                                                            **
********************************************************************************
`

export default function setup(): void {
  if (findChromium() !== undefined) return
  process.stderr.write(banner)
  if (process.env["SIMSTREAM_REQUIRE_BROWSER"] === "1") {
    throw new Error("SIMSTREAM_REQUIRE_BROWSER is 1 and no Chromium was found.")
  }
}
