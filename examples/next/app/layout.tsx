/** The frame of every page. It stays while one goes from one to the next, and so does what was filled in. */
import "@simstream/example-page/styles.css"
import { ColorSchemeScript, mantineHtmlProps } from "@mantine/core"
import { catalogue } from "@simstream/example-simulations"
import type { Metadata, Viewport } from "next"
import type { ReactNode } from "react"
import { Frame } from "../page/Frame.tsx"

export const metadata: Metadata = {
  title: "Simstream",
  description:
    "Start a simulation and watch its statistics converge, live: mean, confidence interval and histogram, over a connection that resumes.",
}

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#ffffff" },
    { media: "(prefers-color-scheme: dark)", color: "#17191c" },
  ],
}

export default function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        {/* Runs before anything is painted, so that a dark page doesn't flash white */}
        <ColorSchemeScript defaultColorScheme="auto" />
      </head>
      <body>
        <Frame catalogue={catalogue()}>{children}</Frame>
      </body>
    </html>
  )
}
