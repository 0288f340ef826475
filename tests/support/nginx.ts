/** A real nginx in front of a server of this machine, with the settings that the guide prints. */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { describe } from "vitest"
import { freePort } from "./freePort.ts"

const GUIDE = join(import.meta.dirname, "../../docs/guides/proxies.md")

/** Debian has it where only root's PATH looks. */
const env = { ...process.env, PATH: [process.env["PATH"], "/usr/sbin", "/usr/local/sbin"].join(delimiter) }

/** Whether a skip is a failure: in CI it is, where nginx can be had by one command. */
const IS_REQUIRED =
  process.platform === "linux" &&
  (process.env["CI"] !== undefined || process.env["SIMSTREAM_REQUIRE_SERVICES"] === "1")

const findNginx = (): boolean => {
  // Its port to Windows has one worker and no signals
  if (process.platform === "win32") return false
  const { error } = spawnSync("nginx", ["-v"], { env })
  if (error === undefined) return true
  const how = "Debian, Ubuntu: apt-get install nginx-light; macOS: brew install nginx"
  if (IS_REQUIRED) throw new Error(`nginx is required here: ${how}.`, { cause: error })
  console.warn(`\nNO nginx FOUND: EVERY TEST BEHIND nginx IS SKIPPED. ${how}.\n`)
  return false
}

/** Whether it is there; when not, that has been said loudly. */
const isThere = findNginx()

/** Describes something behind nginx. It is skipped where there is none; in CI, on Linux, that is a failure. */
export const describeBehindNginx = (name: string, suite: () => void): void => {
  describe.skipIf(!isThere)(name, suite)
}

/** The one block of nginx's settings in the guide, for a server at this port in place of the guide's 3000. */
const printed = (port: number): string => {
  const blocks = [...readFileSync(GUIDE, "utf8").matchAll(/^```nginx\n(.*?)^```$/gms)].map(
    ([, block = ""]) => block,
  )
  const [block = ""] = blocks
  if (blocks.length !== 1 || block.split(":3000").length !== 2)
    throw new Error(`${GUIDE} is to have one block of nginx's settings, for one server at port 3000.`)
  return block.replace(":3000", `:${port}`)
}

/** An nginx that is running. */
export interface Nginx extends AsyncDisposable {
  /** The server, by way of nginx. */
  readonly origin: string
  /** Has it read its settings again, and waits until it has done so. */
  readonly reload: () => Promise<void>
  /** Ends it and its workers as a crash would. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
}

/** Settings besides the guide's. */
export interface NginxSettings {
  /** For the whole of it. */
  readonly main?: string
  /** For its server, which the guide's location is in. */
  readonly server?: string
  /** What somebody made of the guide's location. */
  readonly location?: (printed: string) => string
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false))
    socket.on("connect", () => socket.destroy())
  })

/** Starts one, without privileges and in a folder of its own. */
export const startNginx = async (upstream: number, settings: NginxSettings = {}): Promise<Nginx> => {
  const folder = mkdtempSync(join(tmpdir(), "simstream-nginx-"))
  const port = await freePort()
  const { main = "", server = "", location = (text) => text } = settings
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join("\n")
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr notice;
${process.getuid?.() === 0 ? "user root;" : ""}
${main}
events { worker_connections 256; }
http {
${temporary}
access_log off;
server {
listen 127.0.0.1:${port};
${server}
${location(printed(upstream))}
}
}
`,
  )
  const run = async () => {
    const args = ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"]
    // A group of its own, so that its workers can be killed with it
    const child = spawn("nginx", args, { env, detached: true, stdio: ["ignore", "ignore", "pipe"] })
    let told = ""
    const ended = once(child, "exit")
    let isOver = false
    void ended.then(() => (isOver = true))
    const listeners = new Set<() => void>()
    child.stderr.on("data", (chunk: Buffer) => {
      told += chunk.toString()
      for (const listener of listeners) listener()
    })
    /** Waits until it has told something that it had not told before. */
    const tells = (what: string, from: number) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (!told.includes(what, from)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        void ended.then(() => reject(new Error(`nginx ended:\n${told}`)))
      })
    const killAll = () => {
      if (child.pid !== undefined && !isOver) process.kill(-child.pid, "SIGKILL")
    }
    process.once("exit", killAll)
    const kill = async () => {
      process.off("exit", killAll)
      killAll()
      await ended
    }
    await tells("start worker process ", 0)
    while (!(await isListening(port))) {
      if (isOver) throw new Error(`nginx ended:\n${told}`)
    }
    return {
      kill,
      reload: async () => {
        const from = told.length
        child.kill("SIGHUP")
        await tells("gracefully shutting down", from)
      },
    }
  }

  let running = await run()
  return {
    origin: `http://127.0.0.1:${port}`,
    reload: () => running.reload(),
    kill: () => running.kill(),
    start: async () => {
      running = await run()
    },
    [Symbol.asyncDispose]: async () => {
      await running.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
