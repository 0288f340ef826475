/** Next calls this once, when the server starts. */
export const register = async () => {
  if (process.env["NEXT_RUNTIME"] !== "nodejs") return
  const { endJobsAtSignals } = await import("./server/shutdown.ts")
  endJobsAtSignals()
}
