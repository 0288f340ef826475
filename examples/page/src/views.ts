/**
 * How each simulation's outputs are shown: the names that people know its metrics by, what its numbers are, and what its
 * timeline and its breakdown are about. A metric that is renamed in its definition is a type error in this file.
 */
import { formatCount } from "./format/numbers.ts"
import type { NumberStyle } from "./format/figures.ts"
import type { OutputsOfRun, SimulationName } from "./outputs.ts"

export interface MetricView {
  readonly label: string
  readonly style: NumberStyle
  /** Of a metric that is 0 or 1: what each of them means. Its mean is the share of the second. */
  readonly outcomes?: readonly [no: string, yes: string]
}

export interface TimelineView {
  readonly title: string
  /** Amounts add up, and are shown per unit of time; a level is what it is at the end of each step. */
  readonly kind: "amounts" | "level"
  /** What is shown, of a series: "damage". */
  readonly what: string
  readonly style: NumberStyle
}

export interface BreakdownView {
  readonly title: string
  readonly text: string
  /** Amounts by source, or how often each of some outcomes came about. */
  readonly kind: "amounts" | "outcomes"
  /** What an iteration is called, behind an amount: "a fight". */
  readonly per: string
}

export interface SimulationView {
  /** Stands where the title isn't known: in the tab of a shared address, say. */
  readonly metrics: Readonly<Record<string, MetricView>>
  readonly timeline: TimelineView
  readonly breakdown: BreakdownView
}

type ViewOf<Name extends SimulationName> = SimulationView & {
  readonly metrics: { readonly [Metric in keyof OutputsOfRun<Name>["stats"]]: MetricView }
}

const plain = (label: string): MetricView => ({ label, style: "plain" })
const money = (label: string): MetricView => ({ label, style: "money" })

const DPS = plain("Damage per second")

const FIGHT = {
  timeline: { title: "Damage over the fight", kind: "amounts", what: "damage", style: "plain" },
  breakdown: {
    title: "Damage by source",
    text: "In an average fight",
    kind: "amounts",
    per: "a fight",
  },
} as const

const VIEWS: { readonly [Name in SimulationName]: ViewOf<Name> } = {
  "dota-dps": {
    ...FIGHT,
    metrics: {
      dps: DPS,
      attacks: plain("Attacks"),
      crits: plain("Critical hits"),
      procs: plain("Procs"),
    },
  },
  "spell-rotation": {
    ...FIGHT,
    metrics: { dps: DPS, casts: plain("Casts"), crits: plain("Critical hits") },
  },
  retirement: {
    metrics: {
      success: {
        label: "Chance that the money lasts",
        style: "percent",
        outcomes: ["Ran out", "Lasted"],
      },
      finalWealth: money("Money left at the end"),
      wealthAtRetirement: money("Money at retirement"),
      yearsPaid: plain("Years of retirement paid for"),
    },
    timeline: { title: "Wealth over the years", kind: "level", what: "wealth", style: "money" },
    breakdown: { title: "How it ended", text: "Share of all plans", kind: "outcomes", per: "a plan" },
  },
  "training-dummy": { ...FIGHT, metrics: { dps: DPS } },
}

/** Whether the page knows a simulation: a server that is newer than the page may have others. */
export const isSimulationName = (name: string | null): name is SimulationName =>
  name !== null && Object.hasOwn(VIEWS, name)

/** For a run that it isn't known yet which simulation's it is, or that this page doesn't know. */
const UNKNOWN: SimulationView = {
  metrics: {},
  timeline: { title: "Over time", kind: "amounts", what: "amount", style: "plain" },
  breakdown: { title: "By source", text: "In an average iteration", kind: "amounts", per: "an iteration" },
}

export const viewOf = (simulation: string | null): SimulationView =>
  isSimulationName(simulation) ? VIEWS[simulation] : UNKNOWN

export const metricView = ({ metrics }: SimulationView, name: string): MetricView =>
  metrics[name] ?? plain(name)

/** What the values of a yes-or-no metric were: "7,612 lasted". */
export const countOutcomes = (
  [no, yes]: readonly [no: string, yes: string],
  mean: number,
  count: number,
): ReadonlyArray<{ readonly label: string; readonly count: string }> => {
  const positive = Math.round(mean * count)
  return [
    { label: yes, count: formatCount(positive) },
    { label: no, count: formatCount(count - positive) },
  ]
}
