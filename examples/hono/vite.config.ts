import react from "@vitejs/plugin-react"
import { defaultClientConditions, defineConfig } from "vite"

export default defineConfig(({ command }) => ({
  plugins: [react()],
  // While developing, the page follows the packages' sources; a build takes them as they are published
  resolve: {
    conditions:
      command === "serve" ? ["@simstream/source", ...defaultClientConditions] : [...defaultClientConditions],
  },
}))
