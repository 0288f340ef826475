"use client"
/** What the address of a run shows when there is none, or no longer. */
import { Button, Card, Stack, Text, Title } from "@mantine/core"
import { PageLink } from "@simstream/example-page"

export const Gone = () => (
  <Card withBorder radius="lg" padding="xl" className="card" data-testid="unavailable">
    <Stack align="center" gap="sm" py="xl" ta="center">
      <Title order={1} size="h3">
        This run isn't here
      </Title>
      <Text c="dimmed" maw={460}>
        Runs are kept for an hour after their end, and only as long as the server is up. If somebody gave you
        the address, check that it is complete.
      </Text>
      <Button component={PageLink} href="/">
        Start another run
      </Button>
    </Stack>
  </Card>
)
