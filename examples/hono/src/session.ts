/**
 * Tells visitors apart by a random cookie, so that each sees a list of their own jobs. It is no login: whoever has the
 * address of a job may look at it.
 */
import { randomBytes } from "node:crypto"
import type { Context, MiddlewareHandler } from "hono"
import { getCookie, setCookie } from "hono/cookie"

const COOKIE = "simstream_session"
const THIRTY_DAYS_SECONDS = 30 * 24 * 60 * 60
const FORM = /^[0-9a-f]{32}$/

/**
 * Whether the visitor came by HTTPS. Behind a proxy only its header knows; whoever forges that gets a cookie that is sent
 * less often, and nothing else.
 */
const isSecure = ({ req }: Context): boolean =>
  (req.header("x-forwarded-proto") ?? new URL(req.url).protocol).startsWith("https")

/** Gives a visitor without a session one. */
export const giveSession: MiddlewareHandler = async (context, next) => {
  await next()
  if (FORM.test(getCookie(context, COOKIE) ?? "")) return
  setCookie(context, COOKIE, randomBytes(16).toString("hex"), {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: isSecure(context),
    maxAge: THIRTY_DAYS_SECONDS,
  })
}

/** The session of a request; `null` without one, or when the cookie is none of ours. */
export const sessionOf = (request: Request): string | null => {
  const [, value = ""] =
    new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(request.headers.get("cookie") ?? "") ?? []
  return FORM.test(value) ? value : null
}
