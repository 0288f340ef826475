/**
 * A retirement plan: some years of saving, then some of spending, in a mix of stocks and something safe. What stocks do is
 * drawn from history in blocks of months in a row, so that bad years come together as they did (the circular block
 * bootstrap of Politis and Romano, 1992: a block that begins near the end goes on from the start, so that each month of
 * history is as likely at each moment of a plan).
 *
 * All money is of today's worth: what stocks and savings earn is what is left of it when prices have risen.
 */
import { defineSimulation } from "@simstream/core"
import * as Schema from "effect/Schema"
import { chance, formOf, number, wholeNumber } from "../fields.ts"
import { history } from "./history.ts"

const MONTHS_PER_YEAR = 12
const MOST_YEARS = 60
const MOST_MONEY = 100_000_000
/** Ten years: longer blocks leave little of the chance. */
const MOST_BLOCK_MONTHS = 120

const money = (label: string, step: number, byDefault: number, description?: string) =>
  number({
    label,
    unit: "$",
    min: 0,
    max: MOST_MONEY,
    step,
    default: byDefault,
    ...(description === undefined ? {} : { description }),
  })

const years = (label: string, min: number, byDefault: number) =>
  wholeNumber({ label, unit: "years", min, max: MOST_YEARS, default: byDefault })

const percent = (label: string, min: number, max: number, byDefault: number) =>
  number({ label, unit: "%", min, max, step: 0.1, default: byDefault })

const config = Schema.Struct({
  savings: money("Savings today", 10_000, 50_000),
  yearsSaving: years("Years until retirement", 0, 30),
  contribution: money("Saved each year", 1_000, 12_000),
  yearsRetired: years("Years of retirement", 1, 30),
  withdrawal: money("Spent each year", 1_000, 24_000, "In retirement, at today's prices."),
  stockShare: chance({ label: "Share of stocks", default: 0.7 }),
  safeRatePercent: percent("Return on the rest", -5, 10, 0.5),
  dividendPercent: percent("Dividends on stocks", 0, 10, 1.9),
  inflationPercent: percent("Inflation", -5, 20, 2.1),
  blockMonths: wholeNumber({
    label: "Months in a row",
    description: "As many as are taken from history at a time; with 1, no month knows of the one before.",
    unit: null,
    min: 1,
    max: MOST_BLOCK_MONTHS,
    default: 24,
  }),
})

/** What a month leaves of a dollar that grows by so much in a year. */
const monthly = (yearlyPercent: number): number => (1 + yearlyPercent / 100) ** (1 / MONTHS_PER_YEAR)

/** What a month leaves of each dollar, in today's money, for each month of history. */
export const monthlyGrowth = ({
  stockShare,
  safeRatePercent,
  dividendPercent,
  inflationPercent,
}: Pick<
  typeof config.Type,
  "stockShare" | "safeRatePercent" | "dividendPercent" | "inflationPercent"
>): Float64Array => {
  const beyondPrices = monthly(dividendPercent) / monthly(inflationPercent)
  const safe = monthly(safeRatePercent)
  return Float64Array.from(
    history,
    // The mix is restored each month
    ({ change }) => stockShare * (1 + change) * beyondPrices + (1 - stockShare) * safe,
  )
}

const WEALTH = "Wealth"
const NEVER_RAN_OUT = "Never ran out"
/** How finely the breakdown tells when the money ran out. */
const YEARS_PER_OUTCOME = 10

/** "Ran out in years 11 to 20" */
const outcomeOf = (monthsPaid: number, yearsRetired: number): string => {
  const year = Math.floor(monthsPaid / MONTHS_PER_YEAR)
  if (year >= yearsRetired) return NEVER_RAN_OUT
  const first = YEARS_PER_OUTCOME * Math.floor(year / YEARS_PER_OUTCOME)
  return `Ran out in years ${first + 1} to ${Math.min(first + YEARS_PER_OUTCOME, yearsRetired)}`
}

/**
 * The plan. Money is paid in or taken out at the start of a month and then grows with it; a plan succeeds when every month
 * of retirement is paid for in full. With nothing in stocks it is an annuity, with nothing taken out the mean has a closed
 * form, and with a block as long as the plan there are as many outcomes as months in history (retirement.test.ts).
 */
export const retirement = defineSimulation({
  name: "retirement",
  config,
  metrics: {
    success: {},
    finalWealth: { unit: "$" },
    wealthAtRetirement: { unit: "$" },
    yearsPaid: { unit: "years" },
  },
  timeline: { bucket: 1, unit: "years" },
  prepare: (plan) => {
    const growth = monthlyGrowth(plan)
    const { savings, yearsSaving, yearsRetired, blockMonths } = plan
    const monthsSaving = yearsSaving * MONTHS_PER_YEAR
    const months = monthsSaving + yearsRetired * MONTHS_PER_YEAR
    const contribution = plan.contribution / MONTHS_PER_YEAR
    const withdrawal = plan.withdrawal / MONTHS_PER_YEAR

    return ({ random, timeline, tally }) => {
      let wealth = savings
      let wealthAtRetirement = savings
      let monthsPaid = 0
      let place = 0

      for (let month = 0; month < months; month++) {
        if (month % blockMonths === 0) place = random.int(0, growth.length - 1)
        if (month < monthsSaving) {
          wealth += contribution
        } else if (wealth >= withdrawal) {
          wealth -= withdrawal
          monthsPaid++
        } else {
          // What is left goes to the first month that it doesn't pay for; the timeline is at 0 from here on
          wealth = 0
          break
        }
        wealth *= growth[place] ?? 1
        place = place + 1 === growth.length ? 0 : place + 1
        if (month === monthsSaving - 1) wealthAtRetirement = wealth
        if (month % MONTHS_PER_YEAR === MONTHS_PER_YEAR - 1) {
          timeline.add(WEALTH, Math.floor(month / MONTHS_PER_YEAR), wealth)
        }
      }

      timeline.end(yearsSaving + yearsRetired)
      tally.add(outcomeOf(monthsPaid, yearsRetired), 1)
      return {
        success: monthsPaid === yearsRetired * MONTHS_PER_YEAR ? 1 : 0,
        finalWealth: wealth,
        wealthAtRetirement,
        yearsPaid: monthsPaid / MONTHS_PER_YEAR,
      }
    }
  },
})

export const retirementForm = {
  title: "Retirement plan",
  shortTitle: "Retirement",
  headline: "success",
  description:
    "Saving, then spending: does the money last? Stocks do what they did from 2000 to 2020, a few months in a row at a time.",
  fields: formOf(config),
}
