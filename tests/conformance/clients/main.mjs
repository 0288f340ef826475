// Runs the program where there is a command line, prints what came of it, and has nothing more to do then.
import { run } from "../.build/client.mjs"

const [url, control] = process.argv.slice(2)
console.log(JSON.stringify(await run(url, control)))
