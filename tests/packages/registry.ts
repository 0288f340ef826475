// A registry for the packages as they would be published, on this machine: it has `@simstream/*` and nothing else.
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { listenWith, type TestServer } from "../support/server.ts"

/** A package, packed. */
export interface Tarball {
  readonly path: string
  /** Its package.json. */
  readonly manifest: { readonly name: string; readonly version: string }
}

const packument = (origin: string, { path, manifest }: Tarball) => {
  const { name, version } = manifest
  const bytes = readFileSync(path)
  const dist = {
    tarball: `${origin}/-/${encodeURIComponent(name)}.tgz`,
    integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
    shasum: createHash("sha1").update(bytes).digest("hex"),
  }
  return {
    name,
    "dist-tags": { latest: version },
    versions: { [version]: { ...manifest, dist } },
    // Long ago: some installers wait for days before they take a new version
    time: { [version]: "2020-01-01T00:00:00.000Z" },
  }
}

/** Serves these packages to installers. */
export const startRegistry = (tarballs: ReadonlyArray<Tarball>): Promise<TestServer> =>
  listenWith((request, response) => {
    const path = decodeURIComponent(request.url ?? "/")
    const wanted = tarballs.find(({ manifest }) => path === `/${manifest.name}`)
    const packed = tarballs.find(({ manifest }) => path === `/-/${manifest.name}.tgz`)
    if (packed !== undefined) response.end(readFileSync(packed.path))
    else if (wanted === undefined) response.writeHead(404).end("{}")
    else {
      response.setHeader("Content-Type", "application/json")
      response.end(JSON.stringify(packument(`http://${request.headers.host}`, wanted)))
    }
  })
