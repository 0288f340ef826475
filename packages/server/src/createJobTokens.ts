/** Tokens for one job: to read it, or to cancel it too, for so long. For clients that can't log in, `EventSource` among them. */
import type { Action } from "./createHandler.ts"

/** What a token allows. */
export type TokenScope = "read" | "cancel"

/** What a token is to say. */
export interface TokenClaims {
  /** The one job that it is good for. */
  readonly jobId: string
  /** `"read"` reads and streams; `"cancel"` does that and cancels. */
  readonly scope: TokenScope
  /** How long it is good for, in milliseconds; an hour by default. */
  readonly expiresInMs?: number
}

/** Issues tokens and checks them. */
export interface JobTokens {
  /** Makes a token. Rejects with a RangeError when `expiresInMs` is no time. */
  readonly issue: (claims: TokenClaims) => Promise<string>
  /**
   * Whether a request carries a token for what it is about to do: as `Authorization: Bearer`, or as `?token=` where a
   * client can't set headers. It can be used as `authorize`: a token that is missing, expired or made up is answered
   * 401, and one that is good for something else 403. Starting and listing need something else, and are refused.
   */
  readonly authorize: (request: Request, action: Action) => Promise<boolean | "unauthorized">
}

const DEFAULT_EXPIRY_MS = 3_600_000
/** A shorter key than the hash is guessed sooner than the hash is broken. */
const LEAST_SECRET_BYTES = 32

interface Payload {
  readonly job: string
  readonly scope: TokenScope
  /** Milliseconds since 1970. */
  readonly until: number
}

const encoder = new TextEncoder()

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")

const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> | null => {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0))
  } catch {
    return null
  }
}

const isPayload = (value: unknown): value is Payload =>
  typeof value === "object" &&
  value !== null &&
  "job" in value &&
  typeof value.job === "string" &&
  "scope" in value &&
  (value.scope === "read" || value.scope === "cancel") &&
  "until" in value &&
  typeof value.until === "number"

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}

const tokenOf = (request: Request): string | null => {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")
  return bearer?.[1] ?? new URL(request.url).searchParams.get("token")
}

/**
 * Makes tokens signed with HMAC-SHA-256.
 *
 * @example
 * ```ts
 * const tokens = createJobTokens(process.env.JOB_TOKEN_SECRET ?? "")
 * const handler = createHandler({
 *   jobs,
 *   authorize: async (request, action) => (await isLoggedIn(request)) || tokens.authorize(request, action),
 * })
 * const token = await tokens.issue({ jobId, scope: "read" })
 * new EventSource(`/api/simulations/${jobId}/stream?token=${token}`)
 * ```
 *
 * @throws TypeError when the secret has fewer than 32 bytes
 */
export const createJobTokens = (secret: string | Uint8Array<ArrayBuffer>): JobTokens => {
  const bytes = typeof secret === "string" ? encoder.encode(secret) : secret
  if (bytes.length < LEAST_SECRET_BYTES) {
    throw new TypeError(
      `The secret of job tokens must have ${LEAST_SECRET_BYTES} bytes or more; got ${bytes.length}.`,
    )
  }
  const key = crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ])

  const read = async (token: string): Promise<Payload | null> => {
    const [body = "", signature = ""] = token.split(".", 2)
    const signed = fromBase64Url(signature)
    const content = fromBase64Url(body)
    if (signed === null || content === null) return null
    if (!(await crypto.subtle.verify("HMAC", await key, signed, encoder.encode(body)))) return null
    const payload = parse(content)
    return isPayload(payload) && payload.until > Date.now() ? payload : null
  }

  return {
    issue: async ({ jobId, scope, expiresInMs = DEFAULT_EXPIRY_MS }) => {
      // JSON has no infinity: a token that never expires would be one that is never good.
      if (!(expiresInMs > 0 && Number.isFinite(expiresInMs))) {
        throw new RangeError(`expiresInMs must be a number of milliseconds above 0; got ${expiresInMs}.`)
      }
      const payload: Payload = { job: jobId, scope, until: Date.now() + expiresInMs }
      const body = toBase64Url(encoder.encode(JSON.stringify(payload)))
      const signature = await crypto.subtle.sign("HMAC", await key, encoder.encode(body))
      return `${body}.${toBase64Url(new Uint8Array(signature))}`
    },
    authorize: async (request, action) => {
      const token = tokenOf(request)
      const payload = token === null ? null : await read(token)
      if (payload === null) return "unauthorized"
      if (action.type === "start" || action.type === "list") return false
      return payload.job === action.jobId && (action.type !== "cancel" || payload.scope === "cancel")
    },
  }
}
