/** Durations and moments as people read them. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const twoDigits = (value: number): string => String(value).padStart(2, "0")

/** 4230 → "4.2 s", 42000 → "42 s", 185000 → "3 min 05 s", 3720000 → "1 h 02 min" */
export const formatDuration = (ms: number): string => {
  if (ms < 9_950) return `${(ms / SECOND).toFixed(1)} s`
  const seconds = Math.round(ms / SECOND)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`
}

/** An estimate in whole seconds: 4230 → "5 s", 300 → "under 1 s", null → "estimating" */
export const formatTimeLeft = (etaMs: number | null): string => {
  if (etaMs === null) return "estimating"
  if (etaMs < SECOND) return "under 1 s"
  const seconds = Math.ceil(etaMs / SECOND)
  return seconds < 10 ? `${seconds} s` : formatDuration(seconds * SECOND)
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" })

/** How long ago a moment was: "just now", "3 minutes ago", "yesterday". */
export const formatAgo = (iso: string, nowMs: number): string => {
  const ms = Math.max(0, nowMs - Date.parse(iso))
  if (ms < MINUTE) return "just now"
  if (ms < HOUR) return relative.format(-Math.floor(ms / MINUTE), "minute")
  if (ms < DAY) return relative.format(-Math.floor(ms / HOUR), "hour")
  return relative.format(-Math.floor(ms / DAY), "day")
}
