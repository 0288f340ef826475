/** What a run has found out, so far or in the end: the overview, the timeline, the charts. */
import { Stack, Tabs } from "@mantine/core"
import { IconChartHistogram, IconReportAnalytics, IconTimeline } from "@tabler/icons-react"
import type { Histogram, PartialOutputs } from "@simstream/protocol"
import { Suspense, useState } from "react"
import { Boundary } from "../shell/Boundary.tsx"
import { BreakdownPanel, TimelinePanel } from "../charts/lazyCharts.ts"
import { metricsOf, type RunOutputs, type RunState } from "../outputs.ts"
import type { SimulationView } from "../views.ts"
import { ChartSkeleton } from "./ChartSkeleton.tsx"
import { MetricPanel } from "./MetricPanel.tsx"
import { Reproduce } from "./Reproduce.tsx"
import { StatsTable } from "./StatsTable.tsx"

interface Props {
  readonly state: RunState
  readonly outputs: PartialOutputs<RunOutputs>
  readonly view: SimulationView
  /** Starts the run again with this seed; absent when it isn't known what was asked for. */
  readonly onRepeat: ((seed: string) => void) | null
}

export const OutputTabs = ({ state, outputs, view, onRepeat }: Props) => {
  const { stats, timeline, charts } = outputs
  const metrics = metricsOf(stats)
  const [chosen, setChosen] = useState<string | null>(null)
  const selected = metrics.find(([name]) => name === chosen)?.[0] ?? metrics[0]?.[0] ?? ""
  const histograms: Readonly<Record<string, Histogram | null>> = charts?.histograms ?? {}
  return (
    <Tabs defaultValue="overview" keepMounted={false} className="tabs">
      <Tabs.List mb="md">
        <Tabs.Tab value="overview" leftSection={<IconReportAnalytics size={16} aria-hidden />}>
          Overview
        </Tabs.Tab>
        <Tabs.Tab value="timeline" leftSection={<IconTimeline size={16} aria-hidden />} disabled={!timeline}>
          Timeline
        </Tabs.Tab>
        <Tabs.Tab
          value="charts"
          leftSection={<IconChartHistogram size={16} aria-hidden />}
          disabled={!charts}
        >
          Charts
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="overview">
        <Stack gap="md">
          <MetricPanel
            metrics={metrics}
            view={view}
            selected={selected}
            onSelect={setChosen}
            histogram={histograms[selected] ?? null}
            live={state.status === "running"}
          />
          {state.result !== null && <Reproduce result={state.result} onRepeat={onRepeat} />}
          <StatsTable metrics={metrics} view={view} />
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="timeline">
        {timeline && (
          <Boundary what="The timeline">
            <Suspense fallback={<ChartSkeleton />}>
              <TimelinePanel timeline={timeline} view={view.timeline} />
            </Suspense>
          </Boundary>
        )}
      </Tabs.Panel>
      <Tabs.Panel value="charts">
        {charts && (
          <Boundary what="The charts">
            <Suspense fallback={<ChartSkeleton />}>
              <BreakdownPanel charts={charts} metrics={metrics} view={view} />
            </Suspense>
          </Boundary>
        )}
      </Tabs.Panel>
    </Tabs>
  )
}
