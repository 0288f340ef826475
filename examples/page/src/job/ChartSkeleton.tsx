/** Holds the place of a chart while its code is on its way. */
import { Card, Skeleton } from "@mantine/core"

export const ChartSkeleton = () => (
  <Card withBorder radius="lg" padding="lg" className="card" aria-busy="true" aria-label="Loading the chart">
    <Skeleton height={18} width="30%" mb="lg" />
    <Skeleton height={280} />
  </Card>
)
