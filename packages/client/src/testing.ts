/**
 * A fake server for tests of what is built on the client: jobs that follow a script, faults included, and a clock that
 * only moves when it is told to. No socket is opened.
 *
 * @packageDocumentation
 */
export {
  cancelled,
  complete,
  drop,
  end,
  fail,
  partial,
  progress,
  refuse,
  stall,
  wait,
  type Script,
  type ScriptStep,
} from "./testing/script.ts"
export {
  createFakeServer,
  type FakeJob,
  type FakeServer,
  type FakeServerOptions,
  type FakeServerRequest,
} from "./testing/fakeServer.ts"
export { virtualTime, type VirtualTime } from "./testing/virtualTime.ts"
