// Runs a project for Cloudflare Workers in workerd itself, by its wrangler.jsonc: wrangler would bring 200 MB more.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "vite"
import type { ServerCommand } from "../support/processes.ts"
import { workerd } from "./guides.ts"

/** The part of wrangler.jsonc that workerd needs. */
interface WranglerConfig {
  readonly main: string
  readonly compatibility_date: string
  readonly compatibility_flags: ReadonlyArray<string>
  readonly durable_objects: {
    readonly bindings: ReadonlyArray<{ readonly name: string; readonly class_name: string }>
  }
}

/** JSON with comments and commas behind the last. */
const parseJsonc = (text: string): WranglerConfig =>
  JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, "").replaceAll(/,(\s*[}\]])/g, "$1"))

const list = (items: ReadonlyArray<string>): string => `[${items.join(", ")}]`

/** Bundles the project as wrangler does, and says how workerd is started on it. */
export const workerdCommand = async (folder: string): Promise<ServerCommand> => {
  const { main, compatibility_date, compatibility_flags, durable_objects } = parseJsonc(
    readFileSync(join(folder, "wrangler.jsonc"), "utf8"),
  )
  await build({
    configFile: false,
    logLevel: "error",
    root: folder,
    resolve: { conditions: ["workerd", "worker", "module", "import", "default"] },
    build: {
      lib: { entry: join(folder, main), formats: ["es"], fileName: () => "worker.mjs" },
      rollupOptions: { external: [/^cloudflare:/, /^node:/] },
      outDir: join(folder, ".bundle"),
      target: "es2022",
      minify: false,
    },
  })
  const { bindings } = durable_objects
  const capnp = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "${compatibility_date}",
  compatibilityFlags = ${list(compatibility_flags.map((flag) => `"${flag}"`))},
  durableObjectNamespaces = ${list(bindings.map(({ class_name }) => `(className = "${class_name}", uniqueKey = "${class_name}", enableSql = true)`))},
  durableObjectStorage = (inMemory = void),
  bindings = ${list(bindings.map(({ name, class_name }) => `(name = "${name}", durableObjectNamespace = "${class_name}")`))},
);`
  writeFileSync(join(folder, ".bundle/config.capnp"), capnp)
  if (!existsSync(workerd)) throw new Error("There is no workerd.")
  return { command: workerd, args: ["serve", join(folder, ".bundle/config.capnp"), "--control-fd=1"] }
}
