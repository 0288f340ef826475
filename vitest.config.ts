import { join } from "node:path"
import { defineConfig } from "vitest/config"
import { reactCompiler } from "./tests/support/reactCompiler.ts"

// Packages offer their sources under this condition, so that tests need no build.
const conditions = ["@simstream/source"]

/** The folder of React 18.3; the root's is 19. */
const react18 = join(import.meta.dirname, "tests/react-18/node_modules")

/** The tests of the hooks, on one React or another; react.env.test.tsx says that it is that one. */
const reactTests = {
  environment: "jsdom",
  include: ["packages/react/src/**/*.test.tsx"],
}

export default defineConfig({
  resolve: { conditions: [...conditions, "module", "browser", "development|production"] },
  ssr: { resolve: { conditions: [...conditions, "module", "node", "development|production"] } },
  test: {
    reporters: ["default", ["json", { outputFile: "node_modules/.cache/vitest/report.json" }]],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts"],
        },
      },
      {
        extends: true,
        test: { ...reactTests, name: "react", provide: { react: "19", isCompiled: false } },
      },
      {
        extends: true,
        resolve: {
          alias: [
            { find: /^(react|react-dom)(?=\/|$)/, replacement: `${react18}/$1` },
            // As ES modules, and bundled: Node would look React up where the library is, which is beside React 19
            {
              find: /^@testing-library\/react$/,
              replacement: "@testing-library/react/dist/@testing-library/react.esm.js",
            },
          ],
        },
        test: {
          ...reactTests,
          name: "react-18",
          exclude: ["**/*.activity.test.tsx"],
          server: { deps: { inline: [/@testing-library\/react/] } },
          provide: { react: "18.3", isCompiled: false },
        },
      },
      {
        extends: true,
        plugins: [reactCompiler()],
        test: { ...reactTests, name: "react-compiler", provide: { react: "19", isCompiled: true } },
      },
      {
        extends: true,
        test: {
          name: "examples",
          include: ["examples/*/src/**/*.test.{ts,tsx}"],
        },
      },
      {
        // Real sockets on 127.0.0.1.
        extends: true,
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        // Node 22, 24 and 26, Bun and Deno as they are, on the built packages.
        extends: true,
        test: {
          name: "runtimes",
          include: ["tests/runtimes/*.test.ts"],
          globalSetup: ["tests/support/runtimes.setup.ts"],
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        // Frameworks and runtimes, each in a process of its own.
        extends: true,
        test: {
          name: "conformance",
          include: ["tests/conformance/*.test.ts"],
          globalSetup: ["tests/conformance/setup.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        // What the documentation prints: all of it compiled, and the guides run.
        extends: true,
        test: {
          name: "docs",
          include: ["tests/docs/*.test.ts"],
          globalSetup: ["tests/docs/setup.ts"],
          pool: "forks",
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The packages as they would be published, installed in projects of their own.
        extends: true,
        test: {
          name: "packages",
          include: ["tests/packages/*.test.ts"],
          globalSetup: ["tests/packages/setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        // Processes that share a Redis or a PostgreSQL, each test in a place of its own there. They mostly wait: two files at a time.
        extends: true,
        test: {
          name: "cluster",
          include: ["tests/cluster/**/*.test.ts"],
          pool: "forks",
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        // A real browser, driven from Node; one file at a time, for it takes the whole machine.
        extends: true,
        test: {
          name: "browser",
          include: ["tests/browser/**/*.test.ts"],
          globalSetup: ["tests/support/browser.setup.ts"],
          pool: "forks",
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
