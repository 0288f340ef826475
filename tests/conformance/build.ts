/** Bundles the app for every runtime, from the packages' sources. */
import { join } from "node:path"
import { build, type LibraryFormats } from "vite"

const outDir = join(import.meta.dirname, ".build")

const bundle = (format: LibraryFormats, fileName: string) =>
  build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@simstream/source", "module", "import", "default"] },
    build: {
      lib: {
        entry: join(import.meta.dirname, "app.ts"),
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
  await bundle("es", "app.mjs")
  await bundle("iife", "app.iife.js")
}
