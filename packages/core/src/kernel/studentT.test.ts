import { describe, expect, it } from "vitest"
import { studentT95 } from "./studentT.ts"

/** By inverting the incomplete beta function with 30 digits. */
const EXACT: ReadonlyArray<number> = [
  12.7062047361747, 4.302652729749464, 3.18244630528371, 2.776445105197794, 2.570581835636316,
  2.44691185114497, 2.364624251592785, 2.306004135204167, 2.262157162798206, 2.228138851986275,
  2.20098516009164, 2.178812829667229, 2.160368656462793, 2.144786687917804, 2.131449545559776,
  2.119905299221255, 2.109815577833317, 2.100922040241038, 2.09302405440831, 2.085963447265865,
  2.07961384472768, 2.073873067904026, 2.068657610419049, 2.063898561628026, 2.059538552753298,
  2.055529438642873, 2.051830516480286, 2.048407141795245, 2.045229642132704, 2.042272456301238,
]

describe("studentT95", () => {
  it.each(EXACT.map((exact, index) => ({ degrees: index + 1, exact })))(
    "is right to 1e-5 with $degrees degrees of freedom",
    ({ degrees, exact }) => {
      expect(Math.abs(studentT95(degrees) - exact)).toBeLessThan(1e-5)
    },
  )

  it.each([
    { degrees: 60, exact: 2.000297822014261 },
    { degrees: 120, exact: 1.979930405082441 },
    { degrees: 1_000_000, exact: 1.959966356814107 },
  ])("is right to 1e-9 with $degrees degrees of freedom", ({ degrees, exact }) => {
    expect(Math.abs(studentT95(degrees) - exact)).toBeLessThan(1e-9)
  })

  it("falls with every degree of freedom, towards the normal distribution's", () => {
    for (let degrees = 1; degrees < 1000; degrees++) {
      expect(studentT95(degrees + 1)).toBeLessThan(studentT95(degrees))
    }
    expect(studentT95(1e9)).toBeCloseTo(1.959963984540054, 8)
  })
})
