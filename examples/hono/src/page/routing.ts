/** The page's two addresses, `/` and `/jobs/:id`, by the browser's own history. */
import { useSyncExternalStore } from "react"

export type Route =
  | { readonly page: "home" }
  | { readonly page: "job"; readonly jobId: string }
  | { readonly page: "nowhere" }

/** What an address shows. */
export const routeOf = (pathname: string): Route => {
  if (pathname === "/") return { page: "home" }
  const [, encoded] = /^\/jobs\/([^/]+)\/?$/.exec(pathname) ?? []
  if (encoded === undefined) return { page: "nowhere" }
  try {
    return { page: "job", jobId: decodeURIComponent(encoded) }
  } catch {
    return { page: "nowhere" }
  }
}

export const jobPath = (jobId: string): string => `/jobs/${encodeURIComponent(jobId)}`

const NAVIGATED = "simstream:navigated"

/** Goes to another address without loading the page anew. */
export const navigate = (path: string): void => {
  if (path === location.pathname) return
  history.pushState(null, "", path)
  dispatchEvent(new Event(NAVIGATED))
  scrollTo({ top: 0 })
}

const subscribe = (onChange: () => void) => {
  addEventListener("popstate", onChange)
  addEventListener(NAVIGATED, onChange)
  return () => {
    removeEventListener("popstate", onChange)
    removeEventListener(NAVIGATED, onChange)
  }
}

export const usePathname = (): string => useSyncExternalStore(subscribe, () => location.pathname)

interface Click {
  readonly button: number
  readonly metaKey: boolean
  readonly ctrlKey: boolean
  readonly shiftKey: boolean
  readonly altKey: boolean
  readonly preventDefault: () => void
}

/** Props of a link within the page: a plain click navigates, any other does what the browser does with it. */
export const linkTo = (path: string) => ({
  href: path,
  onClick: (click: Click) => {
    if (click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return
    click.preventDefault()
    navigate(path)
  },
})
