/** Bundles the app and the client's program for every runtime, from the packages' sources. */
import { join } from "node:path"
import { build, type LibraryFormats } from "vite"

const outDir = join(import.meta.dirname, ".build")

const bundle = (entry: string, format: LibraryFormats, fileName: string) =>
  build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@simstream/source", "module", "import", "default"] },
    build: {
      lib: {
        entry: join(import.meta.dirname, entry),
        formats: [format],
        name: "Simstream",
        fileName: () => fileName,
      },
      outDir,
      emptyOutDir: false,
      target: "es2022",
      minify: false,
    },
  })

export const buildApp = async (): Promise<void> => {
  await bundle("app.ts", "es", "app.mjs")
  await bundle("app.ts", "iife", "app.iife.js")
  await bundle("clients/program.ts", "es", "client.mjs")
}
