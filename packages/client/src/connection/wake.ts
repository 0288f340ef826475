/**
 * The moments at which a page should look after its connections: the network is back, the page came out of the
 * back/forward cache (which cuts connections), or it is looked at again. One that is hidden keeps its connections; that
 * it looks after them then too does no harm.
 */
const MOMENTS = ["online", "pageshow", "visibilitychange"]

/** Calls `wake` at those moments, with `true` when connections must be thought of as gone. Returns how to stop it. */
export const onWake = (wake: (network: boolean) => void): (() => void) => {
  // Outside of browsers there is neither
  const { addEventListener, removeEventListener }: Partial<typeof globalThis> = globalThis
  const handle = (event: Event) =>
    wake(event.type === "online" || ("persisted" in event && event.persisted === true))
  for (const moment of MOMENTS) addEventListener?.(moment, handle)
  return () => {
    for (const moment of MOMENTS) removeEventListener?.(moment, handle)
  }
}
