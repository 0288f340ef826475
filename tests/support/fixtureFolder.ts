/** Folders with a package.json of their own, whose packages are installed when a test first needs them. */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Installs what a folder's package.json names, unless it is there; `false` when that can't be done. */
export const installFolder = (folder: string): boolean => {
  const wanted = readFileSync(join(folder, "package.json"), "utf8")
  const marker = join(folder, "node_modules", ".installed")
  if (existsSync(marker) && readFileSync(marker, "utf8") === wanted) return true
  const args = ["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
  const { status } = spawnSync("npm", args, {
    cwd: folder,
    stdio: "inherit",
    shell: process.platform === "win32",
  })
  if (status === 0) writeFileSync(marker, wanted)
  return status === 0
}
