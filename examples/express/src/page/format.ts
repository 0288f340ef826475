/** Numbers and times as people read them. The page is in English, and its numbers with it. */

const LOCALE = "en"
const counts = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 })
const rates = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 })

/** 1234567 → "1,234,567" */
export const formatCount = (count: number): string => counts.format(count)

/** For axes: 7000 → "7K" */
export const formatCompact = (count: number): string => compact.format(count)

/** Three digits, since more of them would only flicker: 182431 → "182,000/s" */
export const formatRate = (perSecond: number): string => `${rates.format(perSecond)}/s`

/** Rounded down, so that 100% means done: 99.97 → "99%" */
export const formatPercentage = (percentage: number): string => `${Math.floor(percentage)}%`

const MOST_DECIMALS = 6

/** Decimals that show two digits of a spread: 0.0213 → 3, so that a mean reads 134.167 ± 0.021. */
export const decimalsFor = (spread: number): number =>
  spread > 0 && Number.isFinite(spread)
    ? Math.min(MOST_DECIMALS, Math.max(0, 1 - Math.floor(Math.log10(spread))))
    : 0

/** With so many decimals: (1234.5678, 2) → "1,234.57"; a dash where there is no number. */
export const formatValue = (value: number | null, decimals: number): string =>
  value === null
    ? "–"
    : new Intl.NumberFormat(LOCALE, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
        // Rounded ahead of it, and 0 added: there is no "-0.00"
      }).format(Number(value.toFixed(decimals)) + 0)

/** 4230 → "4.2 s", 185000 → "3 min 05 s" */
export const formatDuration = (ms: number): string => {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return seconds < 60
    ? `${seconds} s`
    : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`
}

/** An estimate in whole seconds: 4230 → "5 s", 300 → "under 1 s", null → "estimating" */
export const formatTimeLeft = (etaMs: number | null): string => {
  if (etaMs === null) return "estimating"
  return etaMs < 1000 ? "under 1 s" : formatDuration(1000 * Math.ceil(etaMs / 1000)).replace(".0 s", " s")
}
