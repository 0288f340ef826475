// That the tests run on what they are said to run on: React 18.3 or 19, compiled or not.
import { act, render } from "@testing-library/react"
import { useState, version } from "react"
import { version as domVersion } from "react-dom"
import { expect, inject, it } from "vitest"
import { useSimulationStream } from "./index.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** What the version of React begins with. */
    readonly react: string
    /** Whether the React Compiler has compiled the package and the components of the tests. */
    readonly isCompiled: boolean
  }
}

let children = 0
const Child = () => {
  children += 1
  return null
}

const Parent = () => {
  const [count, setCount] = useState(0)
  return (
    <button type="button" onClick={() => setCount(count + 1)}>
      <Child />
    </button>
  )
}

it("this is the React that was asked for", () => {
  expect(version).toMatch(inject("react"))
  expect(domVersion).toBe(version)
})

it("components and hooks are compiled, or not, as was asked for", () => {
  const { getByRole } = render(<Parent />)
  act(() => getByRole("button").click())
  expect(children).toBe(inject("isCompiled") ? 1 : 2)
  expect(String(useSimulationStream).includes("$[0]")).toBe(inject("isCompiled"))
})
