"use client"
/** What an address shows that names nothing. */
export { Nowhere as NothingHere } from "@simstream/example-page"
