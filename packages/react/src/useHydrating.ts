import { useSyncExternalStore } from "react"

const never = () => () => {}

/**
 * Whether this render makes markup on a server, or takes such markup over in a browser: it must show then what the server
 * knew, even where the client knows more already (another part of the page hydrated sooner and is watching the job).
 * Nothing but this hook can tell; the store behind it never changes, so the reasons against it in `useJob` don't apply.
 */
export const useHydrating = (): boolean =>
  useSyncExternalStore(
    never,
    () => false,
    () => true,
  )
