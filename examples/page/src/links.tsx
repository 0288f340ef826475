/**
 * Links within the page. Each app has a router of its own: it gives its link to `PageProvider`, and whatever the page
 * links to goes through that. Without one they are plain links, which load the page anew.
 */
import { type ComponentProps, type ComponentType, createContext, createElement, useContext } from "react"

/** What a link is given: an address, and whatever else an `<a>` takes. */
export type LinkProps = ComponentProps<"a"> & { readonly href: string }

/** A router's link: `next/link`, or one of the app's own. */
export type LinkComponent = ComponentType<LinkProps>

const PlainLink: LinkComponent = (props) => <a {...props} />

export const LinkContext = createContext<LinkComponent>(PlainLink)

/** A link to another address of the app. */
export const PageLink = (props: LinkProps) => createElement(useContext(LinkContext), props)

/** Where a run is shown, in every app. */
export const jobPath = (jobId: string): string => `/jobs/${encodeURIComponent(jobId)}`
