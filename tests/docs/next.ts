// Builds a guide's project with Next, as it is printed. A build is kept for as long as it is of this page and these packages.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { guideFolder, writeBlocks, writeGuide } from "./guides.ts"

const root = join(import.meta.dirname, "../..")

export const next = join(root, "node_modules/next/dist/bin/next")

/** What create-next-app writes, and what Next has to be told here: that packages are in a folder above. */
const SURROUNDINGS = {
  "tsconfig.json": JSON.stringify({
    compilerOptions: { paths: { "@/*": ["./*"] }, jsx: "react-jsx" },
    include: ["**/*.ts", "**/*.tsx"],
  }),
  "next.config.mjs": `export default {
  turbopack: { root: ${JSON.stringify(root)} },
  // snippets.test.ts has checked the types, with a TypeScript that Next can't use
  typescript: { ignoreBuildErrors: true },
}`,
  // The guide to workers has a page that runs a batch; here it is in a client component
  "app/batch/page.tsx": `"use client"
import { useEffect } from "react"

export default function Batch() {
  useEffect(() => void import("../../batch/page.ts"), [])
  return null
}
`,
}

const BATCH = ["dice.ts", "dice.worker.ts", "page.ts"]

/** What the build depends on. */
const digest = (page: string): string => {
  const hash = createHash("sha256")
  const built = globSync("packages/*/dist/**/*.js", { cwd: root }).sort()
  for (const file of [`docs/${page}.md`, "docs/guides/workers.md", "package-lock.json", ...built]) {
    hash.update(file).update(readFileSync(join(root, file)))
  }
  return hash.update(JSON.stringify(SURROUNDINGS)).digest("hex")
}

/** Writes and builds the project of a page; its folder. */
export const buildNext = (page: string): string => {
  const wanted = digest(page)
  const marker = join(guideFolder(page), ".next/built-of")
  if (existsSync(marker) && readFileSync(marker, "utf8") === wanted) return guideFolder(page)
  const folder = writeGuide(page)
  writeBlocks("guides/workers", join(folder, "batch"), BATCH)
  for (const [name, text] of Object.entries(SURROUNDINGS)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [next, "build"], {
    cwd: folder,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" },
    encoding: "utf8",
  })
  if (status !== 0) throw new Error(`Next could not build ${page}.\n${stdout}\n${stderr}`)
  writeFileSync(marker, wanted)
  return folder
}
