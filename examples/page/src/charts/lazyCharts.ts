/** The charts, which bring a large library with them: loaded when a run is looked at, ahead of their first use. */
import { lazy } from "react"

const loadHistogram = () => import("./HistogramChart.tsx")
const loadTimeline = () => import("./TimelinePanel.tsx")
const loadBreakdown = () => import("./BreakdownPanel.tsx")

export const HistogramChart = lazy(loadHistogram)
export const TimelinePanel = lazy(loadTimeline)
export const BreakdownPanel = lazy(loadBreakdown)

/** Loads all of them, so that they are there when the server no longer is. What fails is tried again at its use. */
export const preloadCharts = () => Promise.allSettled([loadHistogram(), loadTimeline(), loadBreakdown()])
