// Stops early, with words, on a Node that is too old. Plain JavaScript that old Nodes can read.
const needed = [22, 19]

const [major, minor] = process.versions.node.split(".").map(Number)
const isRecentEnough = major > needed[0] || (major === needed[0] && minor >= needed[1])

if (!isRecentEnough) {
  console.error(
    [
      "",
      `Simstream needs Node ${needed.join(".")} or newer; this is Node ${process.versions.node} (${process.execPath}).`,
      "",
      "Either install Node 24 from https://nodejs.org (or `nvm install`, which reads .nvmrc),",
      "or, on Linux x64 and arm64, run `npm ci` without --omit=optional: it brings a Node 24 of its own",
      "into node_modules, which every npm script here uses. Start things by `npm run`, then, not by `node`.",
      "",
    ].join("\n"),
  )
  process.exit(1)
}
