/** What it takes to get the same result again, to the last bit. */
import { ActionIcon, Button, Card, CopyButton, Group, Text, Title, Tooltip } from "@mantine/core"
import { IconCheck, IconCopy, IconRepeat } from "@tabler/icons-react"
import type { Result } from "@simstream/protocol"
import { formatCount } from "../format/numbers.ts"
import { formatDuration } from "../format/times.ts"

const STOP_REASONS: { readonly [Reason in Result["stopReason"]]: string } = {
  iterations: "all iterations ran",
  maxIterations: "all iterations ran",
  precision: "the mean was precise enough",
  time: "the time that this server gives a run was up",
  finished: "the engine was done",
}

interface Props {
  readonly result: Result
  /** Repeats the run with its seed; absent when it isn't known what was asked for. */
  readonly onRepeat: ((seed: string) => void) | null
}

export const Reproduce = ({ result, onRepeat }: Props) => (
  <Card withBorder radius="lg" padding="lg" className="card">
    <Group justify="space-between" align="flex-start" gap="sm">
      <div>
        <Title order={2} size="h5">
          Reproducible
        </Title>
        <Text size="sm" c="dimmed" mt={4} maw={520}>
          {formatCount(result.iterations)} iterations in {formatDuration(result.elapsedMs)}; it ended because{" "}
          {STOP_REASONS[result.stopReason]}. The same settings, count and seed give the same digest on any
          machine.
        </Text>
      </div>
      {onRepeat !== null && (
        <Button
          variant="light"
          size="xs"
          leftSection={<IconRepeat size={14} aria-hidden />}
          onClick={() => onRepeat(result.seed)}
          data-testid="repeat"
        >
          Run again with this seed
        </Button>
      )}
    </Group>
    <dl className="copies">
      <Copyable label="Seed" value={result.seed} testId="seed-used" />
      <Copyable label="Digest (SHA-256)" value={result.digest} testId="digest" />
    </dl>
  </Card>
)

const Copyable = ({
  label,
  value,
  testId,
}: {
  readonly label: string
  readonly value: string
  readonly testId: string
}) => (
  <div className="copyable">
    <Text component="dt" size="xs" c="dimmed">
      {label}
    </Text>
    <dd>
      <code data-testid={testId}>{value}</code>
      <CopyButton value={value} timeout={1500}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? "Copied" : "Copy"}>
            <ActionIcon
              variant="subtle"
              color={copied ? "teal" : "gray"}
              onClick={copy}
              aria-label={copied ? `${label} copied` : `Copy ${label.toLowerCase()}`}
            >
              {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </dd>
  </div>
)
