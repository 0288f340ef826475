/**
 * What the file of a worker needs: `@simstream/core/worker`. It loads no Effect, so that a worker is ready at once.
 *
 * @packageDocumentation
 */
export { serveSimulations } from "./serveSimulations.ts"
