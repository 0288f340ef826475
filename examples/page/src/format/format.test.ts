import { describe, expect, it } from "vitest"
import { formatFigure, formatQuantity, formatShort } from "./figures.ts"
import {
  decimalsFor,
  formatCompact,
  formatPart,
  formatPercentage,
  formatRate,
  formatShare,
  formatValue,
} from "./numbers.ts"
import { formatAgo, formatDuration, formatTimeLeft } from "./times.ts"

describe("numbers", () => {
  it("shows a mean with two digits of its half-width", () => {
    expect(formatValue(199.43392, decimalsFor(0.0213))).toBe("199.434")
    expect(formatValue(1234567.891, decimalsFor(250))).toBe("1,234,568")
  })

  it("shows no decimals where there is no spread", () => {
    expect(formatValue(60, decimalsFor(0))).toBe("60")
  })

  it("shows a dash where there is no number", () => {
    expect(formatValue(null, 2)).toBe("–")
  })

  it("says 100% only when all is done", () => {
    expect(formatPercentage(99.99)).toBe("99%")
    expect(formatPercentage(100)).toBe("100%")
  })

  it("rounds what would flicker", () => {
    expect(formatRate(182_431)).toBe("182,000/s")
    expect(formatCompact(1_000_000)).toBe("1M")
    expect(formatShare(0.30714)).toBe("30.7%")
    expect(formatShare(0.35)).toBe("35%")
  })

  it("shows the parts of a whole with one decimal, so that they line up", () => {
    expect([0.30714, 0.35, 0.0004, 1].map(formatPart)).toEqual(["30.7%", "35.0%", "0.0%", "100%"])
  })
})

describe("times", () => {
  it("shows durations in the two largest units", () => {
    expect([420, 9_949, 9_950, 42_400, 185_000, 3_720_000].map(formatDuration)).toEqual([
      "0.4 s",
      "9.9 s",
      "10 s",
      "42 s",
      "3 min 05 s",
      "1 h 02 min",
    ])
  })

  it("shows the time left in whole seconds, and says when it can't tell", () => {
    expect([null, 300, 4_230, 61_000].map(formatTimeLeft)).toEqual([
      "estimating",
      "under 1 s",
      "5 s",
      "1 min 01 s",
    ])
  })

  it("tells how long ago a moment was, also when the clocks disagree", () => {
    const now = Date.parse("2026-11-23T12:00:00Z")
    expect(formatAgo("2026-11-23T12:00:05Z", now)).toBe("just now")
    expect(formatAgo("2026-11-23T11:57:00Z", now)).toBe("3 minutes ago")
    expect(formatAgo("2026-11-23T09:30:00Z", now)).toBe("2 hours ago")
  })
})

describe("figures", () => {
  it("are shown with two digits of their spread, whatever they are", () => {
    expect(formatFigure(199.43392, 0.0213, "plain")).toBe("199.434")
    expect(formatFigure(0.76312, 0.0042, "percent")).toBe("76.31%")
    expect(formatFigure(1_234_567.891, 250, "money")).toBe("$1,234,568")
    expect(formatFigure(-1_234.5678, 0.01, "money")).toBe("−$1,234.57")
    expect(formatFigure(null, 1, "money")).toBe("–")
  })

  it("are short on axes", () => {
    expect(formatShort(1_234_567, "plain")).toBe("1.2M")
    expect(formatShort(0.76312, "percent")).toBe("76.3%")
    expect([1_234_567, -50_000].map((value) => formatShort(value, "money"))).toEqual(["$1.2M", "−$50K"])
  })

  it("are written as they were filled in, with their units", () => {
    const written = [
      [60, "s"],
      [12_000, "$"],
      [1.9, "%"],
      [500, "damage"],
      [25, null],
    ] as const
    expect(written.map(([value, unit]) => formatQuantity(value, unit))).toEqual([
      "60 s",
      "$12,000",
      "1.9%",
      "500",
      "25",
    ])
  })
})
