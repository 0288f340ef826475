/**
 * What the S&P 500 did each month from 2000 to 2020, from the daily closing prices of `vega-datasets` (the package is
 * BSD-3-Clause; its catalogue names Yahoo Finance as the source of these prices and no licence of their own). They are read
 * where the package is installed and are not copied into this repository. Prices only: dividends come on top.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { packageFolder } from "../packageFolder.ts"

const FILE = "sp500-2000.csv"
const folder = join(packageFolder("vega-datasets"), "data")

/** One month of history. */
export interface Month {
  /** "2000-02" */
  readonly month: string
  /** What the index changed by: 0.02 is 2 % more. */
  readonly change: number
}

/** The closing prices of the days of a file with the columns `date` and `close`, in its order. */
const readCloses = (csv: string): ReadonlyArray<{ readonly date: string; readonly close: number }> => {
  const [header = "", ...lines] = csv.trim().split("\n")
  const columns = header.split(",")
  const dateAt = columns.indexOf("date")
  const closeAt = columns.indexOf("close")
  return lines.map((line, at) => {
    const cells = line.split(",")
    const date = cells[dateAt] ?? ""
    const close = Number(cells[closeAt] ?? Number.NaN)
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || !(close > 0)) {
      throw new Error(`Line ${at + 2} of ${FILE} has no date and price: ${JSON.stringify(line)}.`)
    }
    return { date, close }
  })
}

/** From the last close of one month to that of the next. The last month is left out: the data end in the middle of it. */
export const monthlyChanges = (csv: string): ReadonlyArray<Month> => {
  const lastCloses = new Map(readCloses(csv).map(({ date, close }) => [date.slice(0, 7), close]))
  const months = [...lastCloses].slice(0, -1)
  return months.slice(1).map(([month, close], at) => ({ month, change: close / (months[at]?.[1] ?? 1) - 1 }))
}

/** Every month of the data, in order. */
export const history: ReadonlyArray<Month> = monthlyChanges(readFileSync(join(folder, FILE), "utf8"))
