/** The event that every contender sends: about 1 KB, as a partial result of a few metrics is. */
export const eventOf = (count: number) => ({
  type: "partial" as const,
  stats: Object.fromEntries(
    ["dps", "attacks", "crits"].map((metric) => [
      metric,
      {
        unit: "damage/s",
        count,
        mean: 134.16666666666666 + count,
        stdDev: 4.179646449694573,
        stdErr: 0.013217202591,
        ci95: { low: 134.14076, high: 134.19257 },
        min: { value: 117.36666666666666, iteration: 51234 },
        max: { value: 153.4, iteration: 77123 },
        skewness: 0.0123,
        kurtosis: -0.0045,
        p50: 134.125,
      },
    ]),
  ),
})
