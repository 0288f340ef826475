/** Ahead of every page: gives a visitor without a session one. */
import { type NextRequest, NextResponse } from "next/server"
import { isSession, newSession, SESSION_COOKIE } from "./server/session.ts"

const THIRTY_DAYS_SECONDS = 30 * 24 * 60 * 60

export const proxy = (request: NextRequest) => {
  const response = NextResponse.next()
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
