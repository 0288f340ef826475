"use client"
/** What the address of a run shows when there is none, or no longer. */
export { RunGone as Gone } from "@simstream/example-page"
