import "@simstream/example-page/styles.css"
import { Boundary, PageProvider } from "@simstream/example-page"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { client, SimulationProvider } from "./api.ts"
import { App } from "./App.tsx"
import { Link } from "./routing.tsx"

const root = document.getElementById("root")
if (root === null) throw new Error("index.html has no element with the id root.")

createRoot(root).render(
  <StrictMode>
    <PageProvider link={Link}>
      <SimulationProvider client={client}>
        <Boundary what="The page">
          <App />
        </Boundary>
      </SimulationProvider>
    </PageProvider>
  </StrictMode>,
)
