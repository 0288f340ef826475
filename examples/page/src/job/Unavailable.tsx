/** What stands in the place of a run that isn't there, or that can't be reached. */
import { Button, Card, Group, Stack, Text, ThemeIcon, Title } from "@mantine/core"
import type { JobState } from "@simstream/client"
import { IconCloudOff, IconRefresh, IconSearchOff } from "@tabler/icons-react"
import { explain, type Explanation, isJobGone, RUN_GONE } from "../problems.ts"
import { PageLink } from "../links.tsx"

interface Props {
  readonly error: Extract<JobState, { status: "error" }>["error"]
  readonly onRetry: () => void
}

export const Unavailable = ({ error, onRetry }: Props) =>
  isJobGone(error) ? <RunGone /> : <Missing {...explain(error)} onRetry={onRetry} />

/** What is shown where it is known without asking that there is no such run. */
export const RunGone = () => <Missing {...RUN_GONE} onRetry={null} />

interface MissingProps extends Explanation {
  /** Absent where it would be no use. */
  readonly onRetry: (() => void) | null
}

const Missing = ({ title, detail, onRetry }: MissingProps) => {
  const isGone = onRetry === null
  return (
    <Card withBorder radius="lg" padding="xl" className="card" role="alert" data-testid="unavailable">
      <Stack align="center" gap="sm" py="xl" ta="center">
        <ThemeIcon size={52} radius="xl" variant="light" color="gray">
          {isGone ? <IconSearchOff aria-hidden /> : <IconCloudOff aria-hidden />}
        </ThemeIcon>
        <Title order={1} size="h3">
          {title}
        </Title>
        <Text c="dimmed" maw={460}>
          {detail}
        </Text>
        <Group justify="center" mt="xs">
          {onRetry !== null && (
            <Button leftSection={<IconRefresh size={16} aria-hidden />} onClick={onRetry} data-testid="retry">
              Try again
            </Button>
          )}
          <Button component={PageLink} href="/" variant={isGone ? "filled" : "default"}>
            Start another run
          </Button>
        </Group>
      </Stack>
    </Card>
  )
}
