// The packages as they would be published: what is in them, and that a project which installs them works.
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { commandOf, type Runtime, runtimeEnv, runtimes } from "../support/runtimes.ts"
import type { TestServer } from "../support/server.ts"
import { createProject, type Installer, installers, type Project, readTarballs, run } from "./installers.ts"
import { startRegistry } from "./registry.ts"

const tarballs = readTarballs()

describe.each(tarballs.map((tarball) => [tarball.manifest.name, tarball] as const))(
  "%s",
  (_name, tarball) => {
    const paths = tarball.files.map(({ path }) => path)

    it("brings its documentation, its licence and its sources", () => {
      expect(paths).toEqual(expect.arrayContaining(["README.md", "AGENTS.md", "LICENSE", "src/index.ts"]))
    })

    it("brings no tests and nothing of the build's own", () => {
      expect(paths.filter((path) => /\.test\b|\.test-d\b|fixtures|tsbuildinfo|api\.md$/.test(path))).toEqual(
        [],
      )
    })
  },
)

/** The same checks of types that a user's editor makes, with a user's settings. */
const typeCheck = (project: Project, resolution: string) => {
  const compiler = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc")
  return run(process.execPath, [compiler, "--project", `tsconfig.${resolution}.json`], project.folder)
}

const execute = async (runtime: Runtime, project: Project): Promise<unknown> => {
  const [command, args] = commandOf(runtime, "app.ts")
  return JSON.parse(await run(command, args, project.folder, runtimeEnv()))
}

let registry: TestServer
beforeAll(async () => {
  registry = await startRegistry(tarballs)
})
afterAll(() => registry[Symbol.asyncDispose]())

const inProject = (fixture: string, installer: Installer, tests: (project: () => Project) => void) => {
  describe.skipIf(!installer.available())(`a ${fixture} installed by ${installer.name}`, () => {
    let project: Project
    beforeAll(async () => {
      project = await createProject(fixture, installer, registry.origin)
    })
    afterAll(() => project[Symbol.dispose]())
    tests(() => project)
  })
}

/** What the server's program prints, wherever it runs. */
const served = {
  types: ["complete", "connected", "partial", "progress"],
  digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  alone: expect.any(String),
  mean: expect.closeTo(7, 1),
}

const runsOn = (names: ReadonlyArray<keyof typeof runtimes>, project: () => Project) => {
  it.each(names.map((name) => runtimes[name]).filter(({ path }) => path !== undefined))(
    "runs a job from its start to its end on $name",
    async (runtime) => {
      const printed = await execute(runtime, project())
      expect(printed).toMatchObject(served)
      expect(printed).toHaveProperty("alone", Reflect.get(Object(printed), "digest"))
    },
  )
}

const isTyped = (project: () => Project) => {
  it.each(["bundler", "nodenext"])("is typed with moduleResolution %s", async (resolution) => {
    expect(await typeCheck(project(), resolution)).toBe("")
  })
}

inProject("server", installers.npm, (project) => {
  runsOn(["node22", "node24", "node26"], project)
  isTyped(project)
})

inProject("server", installers.pnpm, (project) => {
  runsOn(["node24"], project)
  isTyped(project)
})

inProject("server", installers.bun, (project) => {
  runsOn(["bun", "node24"], project)
  isTyped(project)
})

inProject("durable", installers.npm, (project) => {
  it("has but the one database that it asked for", () => {
    const installed = readdirSync(join(project().folder, "node_modules"))
    expect(installed).toContain("@electric-sql")
    expect(installed.filter((name) => ["bullmq", "ioredis", "pg"].includes(name))).toEqual([])
  })

  it.each(["node22", "node24", "node26"] as const)(
    "goes on with a job after a restart, on %s",
    async (name) => {
      const printed = await execute(runtimes[name], project())
      expect(printed).toMatchObject({ status: "completed", digest: expect.stringMatching(/^[0-9a-f]{64}$/) })
      expect(printed).toHaveProperty("alone", Reflect.get(Object(printed), "digest"))
    },
  )

  it("has the worker's command, which says what else it needs", async () => {
    expect(await run("npx", ["simstream-worker", "--help"], project().folder)).toContain("--connection <url>")
    await expect(run("npx", ["simstream-worker", "./dice.ts"], project().folder)).rejects.toThrow(
      "npm install bullmq",
    )
  })

  isTyped(project)
})

inProject("page", installers.npm, (project) => {
  it("is without Effect", () => {
    const installed = readdirSync(join(project().folder, "node_modules"))
    expect(installed).toContain("@simstream")
    expect(existsSync(join(project().folder, "node_modules/effect"))).toBe(false)
    expect(readdirSync(join(project().folder, "node_modules/@simstream")).sort()).toEqual([
      "client",
      "protocol",
      "react",
    ])
  })

  it.each(["node22", "node24", "node26"] as const)("follows a job on %s", async (name) => {
    expect(await execute(runtimes[name], project())).toEqual({
      ended: ["complete"],
      role: "progressbar",
      component: "function",
    })
  })

  isTyped(project)
})
