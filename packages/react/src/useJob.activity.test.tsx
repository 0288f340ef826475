// What a hidden <Activity> does to the connection. React 18 has none, so this file is not run on it.
import { act, render } from "@testing-library/react"
import { Activity } from "react"
import { expect, it, vi } from "vitest"
import {
  createFakeClient,
  hooks,
  IDLE_MS,
  leftOf,
  NOTHING,
  pass,
  setUpPage,
  pageOf,
} from "./react.fixtures.tsx"

const { useSimulationStream } = hooks

const Follower = ({ whenHidden }: { whenHidden?: "disconnect" | "keep" }) => {
  const job = useSimulationStream("a", { whenHidden })
  return <p>{job.progress?.percentage ?? job.status}</p>
}

setUpPage()

const page = (isVisible: boolean, whenHidden?: "disconnect" | "keep") => (
  <Activity mode={isVisible ? "visible" : "hidden"}>
    <Follower {...(whenHidden === undefined ? {} : { whenHidden })} />
  </Activity>
)

it("a component in a hidden Activity lets go of the connection, and catches up when it is shown again", async () => {
  const fake = createFakeClient()
  const { rerender, container } = render(page(true), pageOf(fake, { strict: true }))
  act(() => fake.progress("a", 10))
  rerender(page(false))
  await pass(IDLE_MS)
  expect(fake.connections()).toBe(0)
  act(() => fake.progress("a", 60))
  rerender(page(true))
  expect(fake.opened("a")).toBe(2)
  expect(container.textContent).toBe("60")
})

it("a component that is hidden for a moment keeps the connection anyway", async () => {
  const fake = createFakeClient()
  const { rerender } = render(page(true), pageOf(fake, { strict: true }))
  rerender(page(false))
  await pass(IDLE_MS - 1)
  rerender(page(true))
  await pass(IDLE_MS)
  expect(fake.opened("a")).toBe(1)
  expect(fake.connections()).toBe(1)
})

it("a component keeps the connection when asked to, and goes on rendering", async () => {
  const fake = createFakeClient()
  const { rerender, container } = render(page(true, "keep"), pageOf(fake, { strict: true }))
  rerender(page(false, "keep"))
  await pass(IDLE_MS * 2)
  act(() => fake.progress("a", 60))
  await pass(100)
  expect(fake.connections()).toBe(1)
  expect(container.textContent).toBe("60")
  rerender(page(true, "keep"))
  expect(fake.opened("a")).toBe(1)
  expect(fake.members()).toBe(1)
})

it.each(["disconnect", "keep"] as const)(
  "a component that is taken down there leaves nothing behind (whenHidden: %s)",
  async (whenHidden) => {
    const fake = createFakeClient()
    const { rerender } = render(page(true, whenHidden), pageOf(fake, { strict: true }))
    rerender(page(false, whenHidden))
    rerender(<p>gone</p>)
    expect(await leftOf(fake)).toEqual(NOTHING)
  },
)

it("a component that was never shown connects to nothing", async () => {
  const fake = createFakeClient()
  render(page(false, "keep"), pageOf(fake, { strict: true }))
  await pass(IDLE_MS)
  expect(fake.opened("a")).toBe(0)
})

it("a component that keeps the connection calls the newest callback", () => {
  const fake = createFakeClient()
  const heard: Array<string> = []
  const Settler = ({ name }: { name: string }) => {
    useSimulationStream("a", { whenHidden: "keep", onSettled: () => heard.push(name) })
    return null
  }
  const at = (mode: "visible" | "hidden", name: string) => (
    <Activity mode={mode}>
      <Settler name={name} />
    </Activity>
  )
  const { rerender } = render(at("visible", "old"), pageOf(fake))
  rerender(at("hidden", "old"))
  rerender(at("hidden", "new"))
  act(() => fake.complete("a", 3.5))
  expect(heard).toEqual(["new"])
})

it("onSettled is called once: at once when kept, and on the way back when not", async () => {
  for (const whenHidden of ["keep", "disconnect"] as const) {
    const fake = createFakeClient()
    const onSettled = vi.fn<() => void>()
    const Settler = () => {
      useSimulationStream("a", { whenHidden, onSettled })
      return null
    }
    const at = (mode: "visible" | "hidden") => (
      <Activity mode={mode}>
        <Settler />
      </Activity>
    )
    const { rerender, unmount } = render(at("visible"), pageOf(fake, { strict: true }))
    act(() => fake.progress("a", 10))
    rerender(at("hidden"))
    await pass(IDLE_MS)
    act(() => fake.complete("a", 3.5))
    expect(onSettled).toHaveBeenCalledTimes(whenHidden === "keep" ? 1 : 0)
    rerender(at("visible"))
    await pass(IDLE_MS)
    expect(onSettled).toHaveBeenCalledOnce()
    unmount()
  }
})
