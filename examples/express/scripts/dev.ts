/**
 * Works on the example: the server starts anew when its code changes, and Vite serves the pages, from the packages' sources
 * both. `PORT` (3000) is the page's, `API_PORT` (3001) the server's.
 */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { createServer } from "vite"

const DEFAULT_PORT = 3000
const DEFAULT_API_PORT = 3001

const root = join(import.meta.dirname, "..")
const apiPort = Number(process.env["API_PORT"] ?? DEFAULT_API_PORT)

const server = spawn(
  process.execPath,
  ["--conditions=@simstream/source", "--watch", "--watch-preserve-output", "src/server.ts"],
  { cwd: root, env: { ...process.env, PORT: String(apiPort) }, stdio: ["ignore", "ignore", "inherit"] },
)

const page = await createServer({
  root,
  server: {
    port: Number(process.env["PORT"] ?? DEFAULT_PORT),
    proxy: { "/api": `http://127.0.0.1:${apiPort}` },
  },
})
await page.listen()
page.printUrls()

const stop = async () => {
  server.kill()
  await page.close()
  process.exit(0)
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop())
server.once("exit", () => void stop())
