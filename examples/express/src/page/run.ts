/** A run, whatever its state: writes what is known of it into the page. */
import type { Histogram, MetricStats, PartialOutputs, Progress, Result } from "@simstream/protocol"
import type { RunOutputs, RunState } from "./api.ts"
import { byId, setText } from "./dom.ts"
import {
  decimalsFor,
  formatCount,
  formatDuration,
  formatPercentage,
  formatRate,
  formatTimeLeft,
  formatValue,
} from "./format.ts"
import { waitOf } from "./waiting.ts"
import { explain, isGone } from "./words.ts"

const STATUSES = {
  connecting: ["Connecting", "plain"],
  queued: ["Queued", "plain"],
  running: ["Running", "accent"],
  complete: ["Complete", "good"],
  cancelled: ["Cancelled", "warn"],
  error: ["Failed", "bad"],
} as const

const CONNECTIONS = {
  idle: "",
  connecting: "Connecting…",
  open: "Live",
  reconnecting: "Reconnecting…",
  polling: "Updating every few seconds",
  closed: "",
} as const

const text = (id: string, value: string): void => setText(byId(id, HTMLElement), value)
const show = (id: string, isShown: boolean): void => {
  byId(id, HTMLElement).hidden = !isShown
}

/** Whether a run still has something to come. */
export const isUnderWay = ({ status }: RunState): boolean => status === "queued" || status === "running"

/** Whether nothing but an error is known: the run isn't there, or can't be reached. */
export const isNowhere = (state: RunState): state is Extract<RunState, { status: "error" }> =>
  state.status === "error" &&
  state.error._tag !== "JobFailed" &&
  state.progress === null &&
  state.partial === null

/** Writes all of it. */
export const showRun = (state: RunState): void => {
  showStatus(state)
  showNotice(state)
  showProgress(state)
  const outputs: PartialOutputs<RunOutputs> | null = state.result ?? state.partial
  show("outputs", outputs !== null)
  if (outputs !== null) showOutputs(outputs, isUnderWay(state))
  show("result", state.result !== null)
  if (state.result !== null) showResult(state.result)
}

const showStatus = ({ status, connection, error }: RunState): void => {
  const [label, tone] = STATUSES[status]
  const isLost = error !== null && error._tag !== "JobFailed"
  const badge = byId("status", HTMLElement)
  setText(badge, isLost ? (isGone(error) ? "Gone" : "Connection lost") : label)
  badge.dataset["tone"] = tone
  badge.dataset["status"] = status
  const word = byId("connection", HTMLElement)
  setText(word, CONNECTIONS[connection])
  word.dataset["connection"] = connection
}

/** What a person should know beyond the figures: a dropped connection, a failure, an end by hand, what it waits for. */
const showNotice = (state: RunState): void => {
  const notice = noticeOf(state)
  const element = byId("notice", HTMLElement)
  element.hidden = notice === null
  if (notice === null) return
  element.dataset["tone"] = notice.tone
  text("notice-title", notice.title)
  text("notice-text", notice.text)
  show("retry", notice.canRetry ?? false)
}

interface Notice {
  readonly tone: "bad" | "warn" | "plain"
  readonly title: string
  readonly text: string
  readonly canRetry?: boolean
}

const noticeOf = (state: RunState): Notice | null => {
  const { status, connection, attempt, progress, partial, error } = state
  if (status === "error") {
    const kept = partial === null ? "" : " What it had found out by then is below."
    const isLost = error._tag === "ConnectionFailed"
    const { title, text: detail } = explain(error)
    return { tone: "bad", title, text: isLost ? detail : `${detail}${kept}`, canRetry: isLost }
  }
  if (status === "cancelled") {
    return {
      tone: "warn",
      title: "The run was cancelled",
      text:
        partial === null
          ? "It had not begun, so there is nothing to show."
          : `The statistics below are of the ${formatCount(metricOf(partial.stats)[1].count)} iterations that had run by then.`,
    }
  }
  if (connection === "reconnecting" || (connection === "connecting" && attempt > 0)) {
    return {
      tone: "warn",
      title: "The connection was lost. Reconnecting…",
      text: `The run goes on without this page, which will pick it up where it is.${attempt > 1 ? ` ${attempt} attempts so far.` : ""}`,
      canRetry: true,
    }
  }
  const wait = status === "running" && progress !== null ? waitOf(progress) : null
  if (wait !== null) return { tone: "plain", ...wait }
  if (connection === "polling") {
    return {
      tone: "plain",
      title: "Live updates don't get through",
      text: "Something on the way to the server holds them back, so this page asks every few seconds instead.",
    }
  }
  return null
}

const showProgress = (state: RunState): void => {
  const { status, progress } = state
  const bar = byId("progress", HTMLProgressElement)
  bar.value = progress?.percentage ?? 0
  bar.dataset["status"] = status
  text("percentage", progress === null ? "" : formatPercentage(progress.percentage ?? 0))
  show("figures", progress !== null)
  if (progress !== null) showFigures(progress, status)
}

const showFigures = (progress: Progress, status: RunState["status"]) => {
  const { current, total, elapsedMs, ratePerSecond, etaMs } = progress
  const isRunning = status === "running"
  const isWhole = total === null || status === "complete"
  text("count", isWhole ? formatCount(current) : `${formatCount(current)} of ${formatCount(total)}`)
  text("rate-label", isRunning ? "Rate" : "Average rate")
  text("rate", formatRate(isRunning || elapsedMs === 0 ? ratePerSecond : (1000 * current) / elapsedMs))
  text("elapsed", formatDuration(elapsedMs))
  show("eta-figure", isRunning)
  text("eta", etaMs === null && waitOf(progress) !== null ? "–" : formatTimeLeft(etaMs))
}

/** The metric that the page shows: each simulation here has one. */
const metricOf = (stats: RunOutputs["stats"]): readonly [name: string, stats: MetricStats] =>
  "dps" in stats ? ["damage per second", stats.dps] : ["value", stats.value]

const histogramOf = (charts: RunOutputs["charts"]): Histogram | null =>
  "dps" in charts.histograms ? charts.histograms.dps : charts.histograms.value

const showOutputs = ({ stats, charts }: PartialOutputs<RunOutputs>, isLive: boolean): void => {
  const [name, metric] = metricOf(stats)
  const { mean, ci95, min, max, p50, stdDev, unit, count } = metric
  const halfWidth = ci95 === null ? 0 : (ci95.high - ci95.low) / 2
  const decimals = decimalsFor(halfWidth)
  const coarse = decimalsFor((stdDev ?? 0) / 10)
  text("metric", `${isLive ? "Running mean" : "Mean"} of ${name}`)
  text("mean", formatValue(mean, decimals))
  text("unit", unit ?? "")
  text(
    "interval",
    ci95 === null
      ? ""
      : `± ${formatValue(halfWidth, decimals)} · 95% interval ${formatValue(ci95.low, decimals)} to ${formatValue(ci95.high, decimals)}`,
  )
  text("min", formatValue(min?.value ?? null, coarse))
  text("median", formatValue(p50, coarse))
  text("max", formatValue(max?.value ?? null, coarse))
  text("histogram-caption", `Histogram of ${name} over ${formatCount(count)} iterations`)
  const histogram = charts === undefined ? null : histogramOf(charts)
  if (histogram !== null) showHistogram(histogram, metric)
}

const chart = byId("histogram-chart", HTMLElement)
let shown: { readonly histogram: Histogram; readonly stats: MetricStats } | null = null

/** Draws what is there now; the library comes when the first histogram does. */
const draw = async (): Promise<void> => {
  const { drawHistogram } = await import("./histogram.ts")
  if (shown !== null && chart.clientWidth > 0) drawHistogram(chart, shown.histogram, shown.stats)
}

const drawOrSaySo = (): void => {
  draw().catch(() => setText(chart, "The chart can't be loaded right now."))
}

/** The outputs come less often than the progress: what was drawn is not drawn again. */
const showHistogram = (histogram: Histogram, stats: MetricStats): void => {
  if (shown?.histogram === histogram) return
  shown = { histogram, stats }
  drawOrSaySo()
}

new ResizeObserver(drawOrSaySo).observe(chart)

const STOP_REASONS = {
  iterations: "all iterations ran",
  maxIterations: "all iterations ran",
  precision: "the mean was precise enough",
  time: "the time that this server gives a run was up",
  finished: "the engine was done",
} as const satisfies { readonly [Reason in Result["stopReason"]]: string }

const showResult = ({ iterations, elapsedMs, stopReason, seed, digest }: Result): void => {
  text(
    "result-text",
    `${formatCount(iterations)} iterations in ${formatDuration(elapsedMs)}; it ended because ${STOP_REASONS[stopReason]}. The same settings, count and seed give the same digest on any machine.`,
  )
  text("seed", seed)
  text("digest", digest)
}
