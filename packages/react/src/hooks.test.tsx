import { act, render } from "@testing-library/react"
import { describe, expect, it } from "vitest"
import * as untyped from "./index.ts"
import { createFakeClient, hooks, setUpPage } from "./react.fixtures.tsx"

const Typed = () => <p>{hooks.useSimulationStream("a").progress?.percentage}</p>
const Untyped = () => <p>{untyped.useSimulationStream("a").progress?.percentage}</p>

setUpPage()

describe.each([
  ["with types", hooks.SimulationProvider],
  ["without types", untyped.SimulationProvider],
])("the provider %s", (_, Provider) => {
  it("serves the hooks with types and those without", () => {
    const fake = createFakeClient()
    const { container } = render(
      <Provider client={fake.client}>
        <Typed />
        <Untyped />
      </Provider>,
    )
    act(() => fake.progress("a", 40))
    expect(container.textContent).toBe("4040")
    expect(fake.opened("a")).toBe(1)
  })
})

it("of several providers the nearest counts", () => {
  const [outer, inner] = [createFakeClient(), createFakeClient()]
  const { container } = render(
    <hooks.SimulationProvider client={outer.client}>
      <Typed />
      <hooks.SimulationProvider client={inner.client}>
        <Typed />
      </hooks.SimulationProvider>
    </hooks.SimulationProvider>,
  )
  act(() => outer.progress("a", 10))
  act(() => inner.progress("a", 20))
  expect(container.textContent).toBe("1020")
})
