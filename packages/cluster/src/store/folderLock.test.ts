import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { lockFolder } from "./folderLock.ts"

const made: Array<string> = []

const createFolder = (name = "jobs"): string => {
  const root = mkdtempSync(join(tmpdir(), "simstream-lock-"))
  made.push(root)
  return join(root, name)
}

afterEach(() => {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true })
})

/** Another process that locks the folder, says whether it could, and is then killed. */
const lockElsewhere = async (folder: string) => {
  const file = join(mkdtempSync(join(tmpdir(), "simstream-lock-")), "lock.ts")
  made.push(join(file, ".."))
  writeFileSync(
    file,
    `import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, "folderLock.ts"))}
    lockFolder(process.argv[2]).then(() => process.send("locked"), (error) => process.send(error.message))
    setInterval(() => undefined, 1000)`,
  )
  const child = fork(file, [folder])
  const [said] = await once(child, "message")
  return {
    said: String(said),
    kill: async () => {
      child.kill("SIGKILL")
      await once(child, "exit")
    },
  }
}

describe("a folder", () => {
  it("is made, locked, and locked again when it was let go of", async () => {
    const folder = createFolder("a/b/c")
    const first = await lockFolder(folder)
    await first.release()
    const second = await lockFolder(folder)
    await expect(lockFolder(folder)).rejects.toThrow("is in use")
    await second.release()
  })

  it("is refused while this process has it, in words that say what to do", async () => {
    const folder = createFolder()
    const lock = await lockFolder(folder)
    await expect(lockFolder(folder)).rejects.toThrow(
      `The folder ${JSON.stringify(folder)} is in use by another process, or by this one. PGlite can be open once: ` +
        "share one store within a process, and use PostgreSQL for several processes.",
    )
    await lock.release()
  })

  it("is refused while another process has it, and free at once when that was killed", async () => {
    const folder = createFolder()
    const other = await lockElsewhere(folder)
    expect(other.said).toBe("locked")
    await expect(lockFolder(folder)).rejects.toThrow("is in use by another process")
    await other.kill()
    const lock = await lockFolder(folder)
    const refused = await lockElsewhere(folder)
    expect(refused.said).toContain("is in use by another process")
    await refused.kill()
    await lock.release()
  })

  it("goes to one of those who come at once, whether it was let go of or its process died", async () => {
    const folder = createFolder()
    const other = await lockElsewhere(folder)
    await other.kill()
    for (let round = 0; round < 3; round++) {
      const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)))
      const locks = all.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []))
      expect(locks.length).toBe(1)
      for (const lock of locks) await lock.release()
    }
  })

  it("may have a path that is too long for a socket", async () => {
    const folder = createFolder("long/".repeat(40))
    const lock = await lockFolder(folder)
    await expect(lockFolder(folder)).rejects.toThrow("is in use")
    await lock.release()
  })

  it("is the same by another name", async () => {
    const folder = createFolder()
    const lock = await lockFolder(folder)
    await expect(lockFolder(`${folder}/../${folder.split("/").at(-1) ?? ""}`)).rejects.toThrow("is in use")
    await lock.release()
  })
})
