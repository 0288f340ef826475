import "@mantine/core/styles.css"
import "@mantine/charts/styles.css"
import "./styles.css"
import { MantineProvider } from "@mantine/core"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { client, SimulationProvider } from "./api.ts"
import { App } from "./App.tsx"
import { Boundary } from "./Boundary.tsx"
import { theme } from "./theme.ts"

const root = document.getElementById("root")
if (root === null) throw new Error("index.html has no element with the id root.")

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <SimulationProvider client={client}>
        <Boundary what="The page">
          <App />
        </Boundary>
      </SimulationProvider>
    </MantineProvider>
  </StrictMode>,
)
