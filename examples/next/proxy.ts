/** Ahead of every page: gives a visitor without a session one, and keeps Next from addresses that it can't read. */
import { type NextRequest, NextResponse } from "next/server"
import { isSession, newSession, SESSION_COOKIE } from "./server/session.ts"

const THIRTY_DAYS_SECONDS = 30 * 24 * 60 * 60

/** Where there is no page. */
const NOWHERE = "/nowhere"

/** Whether the escapes of a path mean anything. Next's router answers 500 to `/jobs/%E0%A4%A`, before it gets to the page. */
const isDecodable = (pathname: string): boolean => {
  try {
    decodeURIComponent(pathname)
    return true
  } catch {
    return false
  }
}

export const proxy = (request: NextRequest) => {
  const response = isDecodable(request.nextUrl.pathname)
    ? NextResponse.next()
    : NextResponse.rewrite(new URL(NOWHERE, request.url))
  if (!isSession(request.cookies.get(SESSION_COOKIE)?.value)) {
    response.cookies.set(SESSION_COOKIE, newSession(), {
      path: "/",
      httpOnly: true,
      sameSite: "lax",
      secure: request.nextUrl.protocol === "https:",
      maxAge: THIRTY_DAYS_SECONDS,
    })
  }
  return response
}

// Pages only: what answers a stream must not be wrapped in anything
export const config = { matcher: ["/", "/jobs/:jobId"] }
