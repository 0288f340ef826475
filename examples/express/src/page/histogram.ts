/** The histogram with its mean, by Observable Plot. The library is large, so this file is loaded when it is needed. */
import * as Plot from "@observablehq/plot"
import type { Histogram, MetricStats } from "@simstream/protocol"
import { type Bin, binsOf } from "./bins.ts"
import { decimalsFor, formatCompact, formatCount, formatValue } from "./format.ts"

const HEIGHT = 260
/** A bar narrower than this can't be told from its neighbour. */
const BAR_PX = 12
/** Room for as many ticks as can be read. */
const TICK_PX = 90

const describe = ({ from, to, count }: Bin): string => {
  const decimals = decimalsFor(to - from)
  return `${formatValue(from, decimals)} to ${formatValue(to, decimals)}\n${formatCount(count)} iterations`
}

/** Draws it into an element, in place of what was there. The colours are the page's own, by its CSS. */
export const drawHistogram = (into: HTMLElement, histogram: Histogram, { mean }: MetricStats): void => {
  const width = into.clientWidth
  const bins = binsOf(histogram, Math.floor(width / BAR_PX))
  const at = { x1: "from", x2: "to", y: "count" } as const
  const chart = Plot.plot({
    width,
    height: HEIGHT,
    marginLeft: 44,
    marginTop: 24,
    style: { background: "none", color: "var(--quiet)" },
    x: { label: histogram.unit, ticks: Math.floor(width / TICK_PX) },
    y: { label: "iterations", grid: true, ticks: 4, tickFormat: formatCompact },
    marks: [
      Plot.rectY(bins, { ...at, fill: "var(--accent-bar)", rx: 1.5, inset: 0.5 }),
      Plot.ruleY([0]),
      ...(mean === null
        ? []
        : [
            Plot.ruleX([mean], { stroke: "var(--mean)", strokeWidth: 1.5, strokeDasharray: "4 3" }),
            Plot.text([mean], {
              x: (value: number) => value,
              text: () => "mean",
              frameAnchor: "top",
              dy: -14,
              fill: "var(--mean)",
            }),
          ]),
      Plot.tip(
        bins,
        Plot.pointerX({ ...at, title: describe, fill: "var(--surface)", stroke: "var(--line)" }),
      ),
    ],
  })
  // The caption beside it says all that there is to read
  chart.setAttribute("aria-hidden", "true")
  into.replaceChildren(chart)
}
