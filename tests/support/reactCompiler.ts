// The React Compiler as a plugin of Vite, for the tests that run on what it makes of the hooks and of their own components.
import { transformAsync } from "@babel/core"
import compiler from "babel-plugin-react-compiler"
import type { Plugin } from "vite"

/** Compiles every component and hook, and fails on one that it would have to leave as it is. */
export const reactCompiler = (): Plugin => ({
  name: "react-compiler",
  enforce: "pre",
  transform: {
    filter: { id: { include: /\.tsx?$/, exclude: /\/node_modules\// } },
    handler: async (code, id) => {
      const compiled = await transformAsync(code, {
        filename: id,
        babelrc: false,
        configFile: false,
        sourceMaps: true,
        // Types and JSX stay, for Vite to compile as ever
        parserOpts: { plugins: ["typescript", "jsx", "explicitResourceManagement"] },
        plugins: [[compiler, { panicThreshold: "all_errors" }]],
      })
      return typeof compiled?.code === "string" ? { code: compiled.code, map: compiled.map ?? null } : null
    },
  },
})
