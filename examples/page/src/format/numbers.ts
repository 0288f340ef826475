/** Numbers as people read them. The page is in English, and its numbers with it. */

const LOCALE = "en"

const counts = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 })
const rates = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 })
const compact = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 })
const shares = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 1 })
const parts = new Intl.NumberFormat(LOCALE, {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
})

/** What stands where there is no number. */
export const NO_NUMBER = "–"

/** 1234567 → "1,234,567" */
export const formatCount = (count: number): string => counts.format(count)

/** 1234567 → "1.2M" */
export const formatCompact = (count: number): string => compact.format(count)

/** Three digits, since more of them would only flicker: 182431 → "182,000/s". */
export const formatRate = (perSecond: number): string => `${rates.format(perSecond)}/s`

/** Rounded down, so that 100% means done: 99.97 → "99%". */
export const formatPercentage = (percentage: number): string => `${Math.floor(percentage)}%`

/** 0.3071 → "30.7%", 0.35 → "35%" */
export const formatShare = (share: number): string => shares.format(share)

/** One of several, below each other: 0.3071 → "30.7%", 0.35 → "35.0%", but all of it is "100%". */
export const formatPart = (share: number): string => (share === 1 ? formatShare(share) : parts.format(share))

const MOST_DECIMALS = 6

/** Decimals that show two digits of a spread: 0.0213 → 3, so that a mean reads 199.434 ± 0.021. */
export const decimalsFor = (spread: number): number =>
  spread > 0 && Number.isFinite(spread)
    ? Math.min(MOST_DECIMALS, Math.max(0, 1 - Math.floor(Math.log10(spread))))
    : 0

/** With so many decimals: (1234.5678, 2) → "1,234.57". */
export const formatValue = (value: number | null, decimals: number): string =>
  value === null
    ? NO_NUMBER
    : new Intl.NumberFormat(LOCALE, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
      }).format(value)
