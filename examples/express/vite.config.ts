import { join } from "node:path"
import { defaultClientConditions, defineConfig } from "vite"

export default defineConfig(({ command }) => ({
  // While developing, the pages follow the packages' sources; a build takes them as they are published
  resolve: {
    conditions:
      command === "serve" ? ["@simstream/source", ...defaultClientConditions] : [...defaultClientConditions],
  },
  build: {
    rolldownOptions: {
      input: [join(import.meta.dirname, "index.html"), join(import.meta.dirname, "eventsource.html")],
    },
  },
}))
