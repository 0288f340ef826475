/** How the page looks: one accent colour, system fonts, quiet surfaces. */
import { Alert, Badge, createTheme, type MantineColorsTuple } from "@mantine/core"

/** Petrol, from its lightest to its darkest. */
const petrol: MantineColorsTuple = [
  "#e6f7fa",
  "#d0ecf2",
  "#a3d8e3",
  "#72c3d4",
  "#4cb1c7",
  "#34a6bf",
  "#2099b3",
  "#0f859e",
  "#0b7285",
  "#085b6b",
]

const SANS =
  '-apple-system, BlinkMacSystemFont, "Segoe UI Variable Text", "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

/** Colours of series, in the order in which they are given out; apart from each other for the colour-blind as well. */
export const SERIES_COLORS = [
  "petrol.6",
  "orange.5",
  "grape.5",
  "lime.7",
  "pink.5",
  "indigo.4",
  "yellow.6",
  "gray.6",
] as const

export const seriesColor = (index: number): string =>
  SERIES_COLORS[index % SERIES_COLORS.length] ?? SERIES_COLORS[0]

/** What CSS calls a colour of the theme: "petrol.6" → "var(--mantine-color-petrol-6)" */
export const cssColor = (color: string): string => `var(--mantine-color-${color.replace(".", "-")})`

const tint = (color: string, percent: number): string =>
  `color-mix(in srgb, var(--mantine-color-${color}-6) ${percent}%, var(--surface))`

const ink = (color: string): string =>
  `light-dark(color-mix(in srgb, var(--mantine-color-${color}-9) 80%, black), var(--mantine-color-${color}-4))`

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: 8,
  colors: { petrol },
  fontFamily: SANS,
  headings: { fontFamily: SANS, fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  autoContrast: true,
  luminanceThreshold: 0.35,
  components: {
    // Mantine's light variant is loud in the dark: a tint of the surface, and text that is easy to read on it.
    Alert: Alert.extend({
      vars: (_, { color = "gray" }) => ({
        root: {
          "--alert-bg": tint(color, 9),
          "--alert-bd": `1px solid ${tint(color, 32)}`,
          "--alert-color": ink(color),
        },
      }),
      styles: { title: { color: "var(--mantine-color-text)" } },
    }),
    Badge: Badge.extend({
      vars: (_, { color = "gray" }) => ({
        root: { "--badge-bg": tint(color, 14), "--badge-color": ink(color) },
      }),
    }),
  },
})
