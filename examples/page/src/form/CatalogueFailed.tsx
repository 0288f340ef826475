/** Stands in the place of the form where what it offers can't be had. */
import { Button, Card, Text, Title } from "@mantine/core"

export const CatalogueFailed = ({ onRetry }: { readonly onRetry: () => void }) => (
  <Card withBorder radius="lg" padding="lg" className="card" role="alert">
    <Title order={2} size="h4" mb={4}>
      The form can't be loaded
    </Title>
    <Text size="sm" c="dimmed" mb="md">
      The server can't be reached. Check your connection, then try again.
    </Text>
    <Button variant="light" onClick={onRetry}>
      Try again
    </Button>
  </Card>
)
