/** What every part of the page needs around it: the theme, and the app's links. */
import { MantineProvider } from "@mantine/core"
import type { ReactNode } from "react"
import { type LinkComponent, LinkContext } from "./links.tsx"
import { theme } from "./theme.ts"

interface Props {
  /** The link of the app's router; plain links without one. */
  readonly link: LinkComponent
  readonly children: ReactNode
}

export const PageProvider = ({ link, children }: Props) => (
  <MantineProvider theme={theme} defaultColorScheme="auto">
    <LinkContext value={link}>{children}</LinkContext>
  </MantineProvider>
)
