/** The 97.5 % quantile of Student's t distribution, for 95 % confidence intervals. */

/** Φ⁻¹(0.975). */
const Z = 1.959963984540054

// Below this many degrees of freedom the expansion is off by more than 1e-5; these are the exact values.
const SMALL = [
  12.7062047361747, 4.302652729749464, 3.18244630528371, 2.776445105197794, 2.570581835636316,
  2.44691185114497, 2.364624251592785, 2.306004135204167, 2.262157162798206,
]

/**
 * t with `degrees` degrees of freedom such that 95 % of the distribution lies in ±t: tabulated below 10, and above by the
 * Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5), good to 1e-5 at 10 and better from there.
 */
export const studentT95 = (degrees: number): number => {
  if (degrees <= SMALL.length) return SMALL[degrees - 1]
  const z = Z
  const z3 = z * z * z
  const z5 = z3 * z * z
  const z7 = z5 * z * z
  const z9 = z7 * z * z
  return (
    z +
    (z3 + z) / (4 * degrees) +
    (5 * z5 + 16 * z3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * degrees ** 3) +
    (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92160 * degrees ** 4)
  )
}
