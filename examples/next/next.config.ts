import { join } from "node:path"
import type { NextConfig } from "next"

const config: NextConfig = {
  // The parts of the page and the simulations are packages of this repository, and have sources only
  transpilePackages: ["@simstream/example-page", "@simstream/example-simulations"],
  turbopack: { root: join(import.meta.dirname, "../..") },
  // Writing it takes a third of a first build, and where every build is the first nobody reads it
  experimental: { turbopackFileSystemCacheForBuild: !process.env["CI"] },
  poweredByHeader: false,
  // `tsc -b` at the root checks the types, of this app too; Next would do it a second time
  typescript: { ignoreBuildErrors: true },
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        {
          key: "content-security-policy",
          value: "frame-ancestors 'none'; base-uri 'self'; object-src 'none'",
        },
        { key: "x-content-type-options", value: "nosniff" },
        { key: "referrer-policy", value: "no-referrer" },
      ],
    },
  ],
}

export default config
