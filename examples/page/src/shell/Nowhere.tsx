/** What an address shows that names nothing. */
import { Button, Card, Stack, Text, Title } from "@mantine/core"
import { PageLink } from "../links.tsx"

export const Nowhere = () => (
  <Card withBorder radius="lg" padding="xl" className="card">
    <Stack align="center" py="xl" gap="sm" ta="center">
      <Title order={1} size="h3">
        There is nothing at this address
      </Title>
      <Text c="dimmed">It may have been mistyped. Your runs are listed on the home page.</Text>
      <Button component={PageLink} href="/" variant="light">
        Go to the home page
      </Button>
    </Stack>
  </Card>
)
