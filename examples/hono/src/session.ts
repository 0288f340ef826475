/**
 * Tells visitors apart by a random cookie, so that each sees a list of their own jobs. It is no login: whoever has the
 * address of a job may look at it.
 */
import { randomBytes } from "node:crypto"
import type { MiddlewareHandler } from "hono"
import { getCookie, setCookie } from "hono/cookie"

const COOKIE = "simstream_session"
const THIRTY_DAYS_SECONDS = 30 * 24 * 60 * 60
const FORM = /^[0-9a-f]{32}$/

/** Gives a visitor without a session one. */
export const giveSession: MiddlewareHandler = async (context, next) => {
  await next()
  if (FORM.test(getCookie(context, COOKIE) ?? "")) return
  setCookie(context, COOKIE, randomBytes(16).toString("hex"), {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: new URL(context.req.url).protocol === "https:",
    maxAge: THIRTY_DAYS_SECONDS,
  })
}

/** The session of a request; `null` without one, or when the cookie is none of ours. */
export const sessionOf = (request: Request): string | null => {
  const [, value = ""] =
    new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(request.headers.get("cookie") ?? "") ?? []
  return FORM.test(value) ? value : null
}
