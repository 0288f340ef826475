import { build } from "vite"

/** What a page runs: one script, with the React of that mode, and our packages from their sources. */
export const bundlePage = async (entry: string, mode: "production" | "development"): Promise<string> => {
  const output = await build({
    configFile: false,
    logLevel: "silent",
    mode,
    // Vite takes these from the environment, which may be a test's
    define: { "process.env.NODE_ENV": JSON.stringify(mode) },
    oxc: { jsx: { development: mode === "development" } },
    resolve: { conditions: ["@simstream/source", "module", "browser", mode] },
    build: { write: false, lib: { entry, formats: ["es"], fileName: "page" } },
  })
  const [first] = Array.isArray(output) ? output : [output]
  if (first === undefined || !("output" in first)) throw new Error("Vite built nothing.")
  return first.output[0].code
}
