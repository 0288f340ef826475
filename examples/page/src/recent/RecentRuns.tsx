/** The visitor's own runs, newest first. */
import { Card, Group, Progress, Skeleton, Stack, Text, Title, UnstyledButton } from "@mantine/core"
import type { Catalogue } from "@simstream/example-simulations"
import type { JobSummary } from "@simstream/protocol"
import { describeWithSeed } from "../form/describeRun.ts"
import { formatCompact, formatPercentage } from "../format/numbers.ts"
import { formatAgo } from "../format/times.ts"
import { jobPath, PageLink } from "../links.tsx"
import { recall } from "../memory.ts"
import { isSimulationName } from "../views.ts"

/** What of the list there is: nothing yet, the runs, or that it can't be had. */
export type RecentRunsState =
  | { readonly status: "loading" }
  | { readonly status: "loaded"; readonly jobs: ReadonlyArray<JobSummary> }
  | { readonly status: "unavailable" }

interface Props {
  readonly runs: RecentRunsState
  readonly currentJobId: string | null
  readonly nowMs: number
  /** `null` while it isn't known: runs have plainer names until then. */
  readonly catalogue: Catalogue | null
}

const titleOf = ({ simulation }: JobSummary, catalogue: Catalogue | null): string =>
  (isSimulationName(simulation) && catalogue?.forms[simulation].title) || simulation

const descriptionOf = ({ jobId }: JobSummary, catalogue: Catalogue | null): string | null => {
  const request = recall(jobId)
  return request === null ? null : describeWithSeed(request, catalogue)
}

export const RecentRuns = ({ runs, currentJobId, nowMs, catalogue }: Props) => (
  <Card
    withBorder
    radius="lg"
    padding="lg"
    className="card"
    component="section"
    aria-labelledby="recent-title"
  >
    <Title order={2} size="h4" id="recent-title" mb="sm">
      Recent runs
    </Title>
    {runs.status === "loading" && (
      <Stack gap="xs" aria-busy="true">
        <Skeleton height={44} />
        <Skeleton height={44} />
      </Stack>
    )}
    {runs.status === "unavailable" && (
      <Text size="sm" c="dimmed">
        The list can't be loaded right now.
      </Text>
    )}
    {runs.status === "loaded" && runs.jobs.length === 0 && (
      <Text size="sm" c="dimmed">
        Your runs will be listed here, for an hour after they end.
      </Text>
    )}
    {runs.status === "loaded" && runs.jobs.length > 0 && (
      <Stack gap={2} component="ul" className="runs" data-testid="recent">
        {runs.jobs.map((job) => (
          <li key={job.jobId}>
            <UnstyledButton
              component={PageLink}
              href={jobPath(job.jobId)}
              className="run-link"
              {...(job.jobId === currentJobId ? { "aria-current": "page" as const } : {})}
            >
              <Group justify="space-between" wrap="nowrap" gap="xs">
                <Group gap={8} wrap="nowrap" className="run-name">
                  <span className="dot" data-status={job.status} aria-hidden />
                  <Text size="sm" fw={500} truncate>
                    {titleOf(job, catalogue)}
                  </Text>
                </Group>
                <Text size="xs" c="dimmed" className="tabular" style={{ flexShrink: 0 }}>
                  {outcomeOf(job)}
                </Text>
              </Group>
              <Group justify="space-between" wrap="nowrap" gap="xs" pl={16}>
                <Text size="xs" c="dimmed" truncate>
                  {descriptionOf(job, catalogue) ?? formatAgo(job.createdAt, nowMs)}
                </Text>
                {descriptionOf(job, catalogue) !== null && (
                  <Text size="xs" c="dimmed" style={{ flexShrink: 0 }}>
                    {formatAgo(job.createdAt, nowMs)}
                  </Text>
                )}
              </Group>
              {job.status === "running" && (
                <Progress
                  value={job.progress?.percentage ?? 0}
                  size={3}
                  mt={6}
                  ml={16}
                  aria-label={`Progress of ${titleOf(job, catalogue)}`}
                />
              )}
            </UnstyledButton>
          </li>
        ))}
      </Stack>
    )}
  </Card>
)

/** The state in a word, or in the figure that says it. */
const outcomeOf = ({ status, progress }: JobSummary): string => {
  switch (status) {
    case "queued":
      return "queued"
    case "running":
      return formatPercentage(progress?.percentage ?? 0)
    case "completed":
      return `${formatCompact(progress?.current ?? 0)} done`
    case "cancelled":
      return "cancelled"
    case "failed":
      return "failed"
  }
}
