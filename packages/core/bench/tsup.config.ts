// The benchmarks' workers as a user's build makes them: Node would take longer to read TypeScript than to start a worker.
import { defineConfig } from "tsup"

export default defineConfig({
  entry: ["bench/craps.worker.ts", "bench/piscina.worker.ts"],
  outDir: "bench/.build",
  format: "esm",
  platform: "node",
  target: "es2022",
  external: [/^@simstream\//],
  dts: false,
})
