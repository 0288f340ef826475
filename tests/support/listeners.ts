/** The ways in which a test app is put behind `node:http`. */
import type { RequestListener } from "node:http"
import { getRequestListener } from "@hono/node-server"
import { toNodeHandler } from "@simstream/server"
import type { createTestApp } from "./testApp.ts"
import { BASE_PATH } from "./testClient.ts"

type App = Pick<ReturnType<typeof createTestApp>, "fetch" | "handler">

/** The handler by itself, whose streams are written to their sockets; a function around it, whose streams are bodies. */
export const LISTENERS = {
  "toNodeHandler of the handler": ({ fetch, handler }: App): RequestListener => {
    const [direct, others] = [toNodeHandler(handler), toNodeHandler(fetch)]
    return (incoming, outgoing) =>
      (incoming.url?.startsWith(BASE_PATH) === true ? direct : others)(incoming, outgoing)
  },
  "toNodeHandler of a function around it": ({ fetch }: App): RequestListener => toNodeHandler(fetch),
  "@hono/node-server": ({ fetch }: App): RequestListener => getRequestListener(fetch),
} as const

/** One of them, by its name. */
export const listenerOf = (name: string | undefined, app: App): RequestListener => {
  const [, make] = Object.entries(LISTENERS).find(([key]) => key === name) ?? []
  if (make === undefined) throw new Error(`There is no listener ${name}.`)
  return make(app)
}
