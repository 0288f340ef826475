/** Keeps what breaks in one part of the page from taking the rest with it. */
import { Button, Card, Stack, Text } from "@mantine/core"
import { Component, type ReactNode } from "react"

interface Props {
  /** What is missing then: "The chart". */
  readonly what: string
  readonly children: ReactNode
}

/** A class, for React has no other way to catch what a component throws. */
export class Boundary extends Component<Props, { readonly isBroken: boolean }> {
  override state = { isBroken: false }

  static getDerivedStateFromError() {
    return { isBroken: true }
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children
    return (
      <Card withBorder radius="lg" padding="lg" className="card" role="alert" data-testid="broken">
        <Stack align="center" gap="sm" py="md" ta="center">
          <Text size="sm" c="dimmed">
            {this.props.what} can't be shown. The server may have been out of reach when it was needed.
          </Text>
          <Button variant="default" size="xs" onClick={() => location.reload()}>
            Reload the page
          </Button>
        </Stack>
      </Card>
    )
  }
}
