/** What a chart says of the point under the pointer: where it is, and its figure. */
import { Paper, Text } from "@mantine/core"

/** A point's own words, which travel in the chart's data. */
export interface Note {
  readonly where: string
  readonly figure: string
  /** Stands behind the figure, dimmed. */
  readonly aside: string
}

const isNote = (value: unknown): value is Note =>
  typeof value === "object" && value !== null && "where" in value && "figure" in value && "aside" in value

/** The content of a tooltip of recharts, whose points are notes as well. */
export const PointNote = ({
  payload,
}: {
  readonly payload?: ReadonlyArray<{ readonly payload?: unknown }>
}) => {
  const point = payload?.[0]?.payload
  return isNote(point) ? (
    <Paper withBorder shadow="md" radius="md" px="sm" py={6} className="tabular">
      <Text size="xs" c="dimmed">
        {point.where}
      </Text>
      <Text size="sm" fw={600}>
        {point.figure}{" "}
        <Text span c="dimmed" inherit fw={400}>
          {point.aside}
        </Text>
      </Text>
    </Paper>
  ) : null
}
