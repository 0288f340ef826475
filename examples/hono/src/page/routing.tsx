/** The page's two addresses, `/` and `/jobs/:id`, by the browser's own history. */
import type { LinkProps } from "@simstream/example-page"
import { type MouseEvent, useSyncExternalStore } from "react"

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

/** A link within the page: a plain click navigates, any other does what the browser does with it. */
export const Link = ({ href, onClick, ...props }: LinkProps) => {
  const follow = (click: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(click)
    if (click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return
    click.preventDefault()
    navigate(href)
  }
  return <a {...props} href={href} onClick={follow} />
}
