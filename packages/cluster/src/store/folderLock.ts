/**
 * One process at a time on a folder. PGlite keeps no lock of its own, and two of them on one folder destroy it.
 *
 * The lock is a local socket that this process listens on: the operating system lets go of it when the process dies, however
 * it dies, and whoever comes next finds out by knocking. (A file with a process id in it tells neither of a process that
 * was killed and whose id is in use again, nor of one in another container.) It holds for processes on one machine; a
 * folder on a network drive is none for PGlite.
 */
import { createHash } from "node:crypto"
import { mkdirSync, realpathSync, rmSync, statSync } from "node:fs"
import { connect, createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A path of a socket may have 103 characters on macOS, and 107 on Linux. */
const SOCKET_PATH_LIMIT = 103

/** A folder that is this process's own. */
export interface FolderLock {
  readonly release: () => Promise<void>
}

/**
 * Locks a folder, which is made if there is none.
 *
 * @throws Error when another process has it, or this one
 */
export const lockFolder = async (folder: string): Promise<FolderLock> => {
  mkdirSync(folder, { recursive: true })
  const address = addressOf(realpathSync(folder))
  const server = (await listenOn(address)) ?? (await takeOver(address))
  if (server === null) throw inUse(folder)
  server.unref()
  return { release: () => new Promise((resolve) => server.close(() => resolve())) }
}

const inUse = (folder: string): Error =>
  new Error(
    `The folder ${JSON.stringify(folder)} is in use by another process, or by this one. PGlite can be open once: ` +
      "share one store within a process, and use PostgreSQL for several processes.",
  )

/** Beside the data, so that containers that share the folder meet there; a long path has its place in the system's folder. */
const addressOf = (folder: string): string => {
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 32)
  if (process.platform === "win32") return `\\\\.\\pipe\\simstream-${digest}`
  const beside = join(folder, ".simstream.sock")
  return beside.length <= SOCKET_PATH_LIMIT ? beside : join(tmpdir(), `simstream-${digest}.sock`)
}

/** Listens, and hangs up on whoever knocks; `null` when the address is taken. */
const listenOn = (address: string): Promise<Server | null> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once("error", (error) => {
      if ("code" in error && error.code === "EADDRINUSE") resolve(null)
      else reject(error)
    })
    server.listen(address, () => resolve(server))
  })

/** Takes an address whose process is gone; `null` when it is not. One at a time, or two might take it from each other. */
const takeOver = async (address: string): Promise<Server | null> => {
  const turn = `${address}.turn`
  if (!(await takeTurn(turn))) return null
  try {
    if (await isAnswered(address)) return null
    rmSync(address, { force: true })
    return await listenOn(address)
  } finally {
    rmSync(turn, { recursive: true, force: true })
  }
}

/** A turn is a matter of milliseconds. One that lasts longer belongs to a process that was killed in it. */
const TURN_MS = 2_000
const LOOK_MS = 10

/** Makes a folder that nobody else has made: that is one step for the system. */
const takeTurn = async (turn: string): Promise<boolean> => {
  for (let waitedMs = 0; waitedMs <= 2 * TURN_MS; waitedMs += LOOK_MS) {
    try {
      mkdirSync(turn)
      return true
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error
    }
    const madeMs = statSync(turn, { throwIfNoEntry: false })?.mtimeMs
    if (madeMs !== undefined && Date.now() - madeMs > TURN_MS) rmSync(turn, { recursive: true, force: true })
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return false
}

const isAnswered = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(address)
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })
