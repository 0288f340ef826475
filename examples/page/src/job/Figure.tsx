/** A labelled figure: a term and its value, with a line of detail under it where there is one. */
import { Text } from "@mantine/core"
import type { ReactNode } from "react"

interface Props {
  readonly label: string
  readonly children: ReactNode
  readonly detail?: ReactNode
  readonly testId?: string
}

export const Figure = ({ label, children, detail, testId }: Props) => (
  <div className="figure">
    <Text component="dt" size="xs" c="dimmed">
      {label}
    </Text>
    <Text component="dd" className="figure-value" data-testid={testId}>
      {children}
    </Text>
    {detail !== undefined && (
      <Text component="dd" size="xs" c="dimmed" className="figure-detail">
        {detail}
      </Text>
    )}
  </div>
)
