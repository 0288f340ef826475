/** Numbers of a metric: plain ones, shares as per cent, money. How many digits are shown depends on how they spread. */
import type { MetricStats } from "@simstream/protocol"
import { decimalsFor, formatCompact, formatValue, NO_NUMBER } from "./numbers.ts"

/** What a number is. */
export type NumberStyle = "plain" | "money" | "percent"

/** Nobody counts less than cents. */
const MOST_MONEY_DECIMALS = 2

const signed = (value: number, shown: (size: number) => string): string =>
  value < 0 ? `−${shown(-value)}` : shown(value)

/**
 * A number with two digits of the spread that it has: (199.43392, 0.0213, "plain") → "199.434", (0.76312, 0.0042,
 * "percent") → "76.31%", (1234567.8, 250, "money") → "$1,234,568".
 */
export const formatFigure = (value: number | null, spread: number, style: NumberStyle): string => {
  if (value === null) return NO_NUMBER
  switch (style) {
    case "plain":
      return formatValue(value, decimalsFor(spread))
    case "percent":
      return `${formatValue(100 * value, decimalsFor(100 * spread))}%`
    case "money":
      return signed(
        value,
        (size) => `$${formatValue(size, Math.min(MOST_MONEY_DECIMALS, decimalsFor(spread)))}`,
      )
  }
}

/** Short, for axes: "1.2M", "76%", "$1.2M". */
export const formatShort = (value: number, style: NumberStyle): string => {
  switch (style) {
    case "plain":
      return formatCompact(value)
    case "percent":
      return `${formatCompact(100 * value)}%`
    case "money":
      return signed(value, (size) => `$${formatCompact(size)}`)
  }
}

const quantities = new Intl.NumberFormat("en", { maximumFractionDigits: 4 })

/** A number that was filled in, with its unit: "60 s", "$12,000", "1.9%", "25". */
export const formatQuantity = (value: number, unit: string | null): string => {
  const shown = quantities.format(value)
  switch (unit) {
    case null:
    case "damage":
      return shown
    case "$":
      return signed(value, (size) => `$${quantities.format(size)}`)
    case "%":
      return `${shown}%`
    default:
      return `${shown} ${unit}`
  }
}

/** How well a mean is known: half of its interval. */
export const spreadOfMean = ({ ci95 }: MetricStats): number =>
  ci95 === null ? 0 : (ci95.high - ci95.low) / 2

/**
 * How single values spread, which is more than their mean does. Not at all for whole numbers: their quantiles are close to
 * one, which is near enough to know it.
 */
export const spreadOfValues = ({ stdDev, min, max }: MetricStats): number =>
  Number.isInteger(min?.value) && Number.isInteger(max?.value) ? 0 : (stdDev ?? 0) / 10
