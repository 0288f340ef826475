import { act, renderHook } from "@testing-library/react"
import { RequestFailed } from "@simstream/client"
import { describe, expect, it, vi } from "vitest"
import {
  createFakeClient,
  hooks,
  IDLE_MS,
  pass,
  progressAt,
  resultOf,
  setUpPage,
  pageOf,
  type FakeClient,
} from "./react.fixtures.tsx"

const { useSimulation, useSimulationStream } = hooks
const config = { sides: 6 }

const renderDice = (fake: FakeClient) =>
  renderHook(() => useSimulation("dice"), pageOf(fake, { strict: true }))

/** An answer that the test gives when it wants to. */
const later = () => {
  let answer: (jobId: string) => void = () => {}
  let refuse: (reason: unknown) => void = () => {}
  const promise = new Promise<string>((resolve, reject) => {
    answer = resolve
    refuse = reject
  })
  return { promise, answer: (jobId: string) => answer(jobId), refuse: (reason: unknown) => refuse(reason) }
}

setUpPage()

describe("useSimulation", () => {
  it("does nothing before it is started", () => {
    const fake = createFakeClient()
    const { result } = renderDice(fake)
    expect(result.current).toMatchObject({ status: "idle", jobId: null, starting: false, startError: null })
    expect(fake.started).toEqual([])
  })

  it("starts a job, follows it and shows its result", async () => {
    const fake = createFakeClient()
    const { promise, answer } = later()
    fake.onStart(() => promise)
    const { result } = renderDice(fake)
    let handle: { readonly jobId: string } | undefined
    act(() => {
      void result.current.start({ config, iterations: 1000 }).then((started) => {
        handle = started
      })
    })
    expect(fake.started).toEqual([{ name: "dice", options: { config, iterations: 1000 } }])
    expect(result.current).toMatchObject({ status: "idle", starting: true })

    await act(async () => answer("a"))
    expect(handle?.jobId).toBe("a")
    expect(result.current).toMatchObject({ status: "connecting", jobId: "a", starting: false })
    expect(fake.connections("a")).toBe(1)

    act(() => fake.progress("a", 40))
    expect(result.current).toMatchObject({ status: "running", progress: progressAt(40) })
    act(() => fake.complete("a", 3.5))
    expect(result.current).toMatchObject({ status: "complete", result: resultOf(3.5) })
  })

  it("cancels the job that it started", async () => {
    const fake = createFakeClient()
    fake.onStart(() => Promise.resolve("a"))
    const { result } = renderDice(fake)
    await act(async () => void (await result.current.start({ config })))
    await act(() => result.current.cancel())
    expect(fake.cancelled).toEqual(["a"])
  })

  it("cancels a job that has yet to be started as soon as there is one", async () => {
    const fake = createFakeClient()
    const { promise, answer } = later()
    fake.onStart(() => promise)
    const { result } = renderDice(fake)
    act(() => void result.current.start({ config }))
    let isCancelled = false
    act(() => {
      void result.current.cancel().then(() => {
        isCancelled = true
      })
    })
    await pass(0)
    expect([isCancelled, fake.cancelled]).toEqual([false, []])
    await act(async () => answer("a"))
    expect([isCancelled, fake.cancelled]).toEqual([true, ["a"]])
  })

  it("has nothing to cancel when nothing was started, or the start was refused", async () => {
    const fake = createFakeClient()
    const { result } = renderDice(fake)
    await act(() => result.current.cancel())
    fake.onStart(() => Promise.reject(new Error("no")))
    await act(async () => void result.current.start({ config }))
    await act(() => result.current.cancel())
    expect(fake.cancelled).toEqual([])
  })

  it("shows why a start was refused, and rejects with it", async () => {
    const fake = createFakeClient()
    const refusal = new RequestFailed("The config is not valid.", {
      status: 422,
      problem: null,
      retryAfterMs: 0,
    })
    fake.onStart(() => Promise.reject(refusal))
    const { result } = renderDice(fake)
    await act(() => expect(result.current.start({ config })).rejects.toBe(refusal))
    expect(result.current).toMatchObject({ status: "idle", starting: false, startError: refusal })

    fake.onStart(() => Promise.resolve("a"))
    act(() => void result.current.start({ config }))
    expect(result.current.startError).toBeNull()
    await pass(0)
    expect(result.current).toMatchObject({ jobId: "a", startError: null })
  })

  it("doesn't report a refusal as unhandled when the caller has no interest in it", async () => {
    const fake = createFakeClient()
    const unhandled = vi.fn<() => void>()
    process.on("unhandledRejection", unhandled)
    fake.onStart(() => Promise.reject(new Error("no")))
    const { result } = renderDice(fake)
    await act(async () => void result.current.start({ config }))
    await new Promise(setImmediate)
    process.off("unhandledRejection", unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    expect(result.current.startError).toEqual(new Error("no"))
  })

  it("doesn't show as an error that the caller gave up", async () => {
    const fake = createFakeClient()
    const controller = new AbortController()
    const { promise, refuse } = later()
    fake.onStart(() => promise)
    const { result } = renderDice(fake)
    act(() => void result.current.start({ config, signal: controller.signal }))
    controller.abort()
    await act(async () => refuse(controller.signal.reason))
    expect(result.current).toMatchObject({ status: "idle", starting: false, startError: null })
  })

  it("makes an error of whatever else was thrown", async () => {
    const fake = createFakeClient()
    fake.onStart(() => Promise.reject("teapot"))
    const { result } = renderDice(fake)
    await act(async () => void result.current.start({ config }))
    expect(result.current.startError).toEqual(new Error("teapot"))
  })

  it("follows the job that was started last, whichever was answered last", async () => {
    const fake = createFakeClient()
    const [first, second] = [later(), later()]
    const { result } = renderDice(fake)
    fake.onStart(() => first.promise)
    act(() => void result.current.start({ config }))
    fake.onStart(() => second.promise)
    act(() => void result.current.start({ config }))
    await act(async () => second.answer("second"))
    await act(async () => first.answer("first"))
    expect(result.current).toMatchObject({ jobId: "second", starting: false })
    expect(fake.opened("first")).toBe(0)
  })

  it("shows nothing of the job before once another is started", async () => {
    const fake = createFakeClient()
    fake.onStart(() => Promise.resolve("a"))
    const { result } = renderDice(fake)
    await act(async () => void result.current.start({ config }))
    act(() => fake.complete("a", 3.5))
    const { promise, answer } = later()
    fake.onStart(() => promise)
    act(() => void result.current.start({ config }))
    expect(result.current).toMatchObject({ status: "idle", result: null, starting: true })
    await act(async () => answer("b"))
    expect(result.current).toMatchObject({ status: "connecting", jobId: "b" })
  })

  it("forgets everything on reset, an answer that is on its way too, and cancels nothing", async () => {
    const fake = createFakeClient()
    fake.onStart(() => Promise.resolve("a"))
    const { result } = renderDice(fake)
    await act(async () => void result.current.start({ config }))
    act(() => fake.progress("a", 40))
    act(() => result.current.reset())
    expect(result.current).toMatchObject({ status: "idle", jobId: null, progress: null })
    await pass(IDLE_MS)
    expect(fake.connections()).toBe(0)

    const { promise, answer } = later()
    fake.onStart(() => promise)
    act(() => void result.current.start({ config }))
    act(() => result.current.reset())
    await act(async () => answer("b"))
    expect(result.current).toMatchObject({ status: "idle", jobId: null, starting: false })
    expect(fake.cancelled).toEqual([])
  })

  it("begins anew with another name", async () => {
    const fake = createFakeClient()
    fake.onStart(() => Promise.resolve("a"))
    const { result, rerender } = renderHook(({ name }: { name: "dice" | "craps" }) => useSimulation(name), {
      initialProps: { name: "dice" },
      ...pageOf(fake),
    })
    await act(async () => void result.current.start({ config: { sides: 6, odds: 1 } }))
    act(() => fake.progress("a", 40))
    rerender({ name: "craps" })
    expect(result.current).toMatchObject({ status: "idle", jobId: null })
  })

  it("keeps start and reset, and its whole object while nothing changes", async () => {
    const fake = createFakeClient()
    fake.onStart(() => Promise.resolve("a"))
    const { result, rerender } = renderDice(fake)
    const { start, reset } = result.current
    const before = result.current
    rerender()
    expect(result.current).toBe(before)
    await act(async () => void start({ config }))
    act(() => fake.progress("a", 40))
    expect(result.current).toMatchObject({ start, reset })
  })

  it("calls onProgress and onSettled, once for each job", async () => {
    const fake = createFakeClient()
    const onSettled = vi.fn<(job: { jobId: string | null }) => void>()
    const onProgress = vi.fn<() => void>()
    const { result } = renderHook(() => useSimulation("dice", { onSettled, onProgress }), {
      ...pageOf(fake, { strict: true }),
    })
    for (const jobId of ["a", "b"]) {
      fake.onStart(() => Promise.resolve(jobId))
      await act(async () => void result.current.start({ config }))
      act(() => fake.progress(jobId, 40))
      act(() => fake.complete(jobId, 3.5))
    }
    expect(onProgress).toHaveBeenCalledTimes(2)
    expect(onSettled.mock.calls.map(([{ jobId }]) => jobId)).toEqual(["a", "b"])
  })

  it("only starts and cancels with enabled: false, while another component follows", async () => {
    const fake = createFakeClient()
    fake.onStart(() => Promise.resolve("a"))
    let renders = 0
    const starter = renderHook(() => {
      renders += 1
      return useSimulation("dice", { enabled: false })
    }, pageOf(fake))
    await act(async () => void starter.result.current.start({ config }))
    expect(starter.result.current).toMatchObject({ status: "idle", jobId: "a", connection: "idle" })
    expect(fake.connections()).toBe(0)

    const follower = renderHook(() => useSimulationStream(starter.result.current.jobId), pageOf(fake))
    renders = 0
    act(() => fake.progress("a", 40))
    expect(follower.result.current.progress).toEqual(progressAt(40))
    expect(renders).toBe(0)
    await act(() => starter.result.current.cancel())
    expect(fake.cancelled).toEqual(["a"])
  })

  it("shows the job that it is told to, as that of an address, and cancels it", async () => {
    const fake = createFakeClient()
    const { result, rerender } = renderHook(
      ({ jobId }: { jobId: string | null }) => useSimulation("dice", { jobId }),
      { initialProps: { jobId: "a" as string | null }, ...pageOf(fake, { strict: true }) },
    )
    act(() => fake.progress("a", 40))
    expect(result.current).toMatchObject({ jobId: "a", status: "running", progress: progressAt(40) })

    fake.onStart(() => Promise.resolve("b"))
    await act(async () => rerender({ jobId: (await result.current.start({ config })).jobId }))
    act(() => fake.progress("b", 70))
    expect(result.current).toMatchObject({ jobId: "b", starting: false, progress: progressAt(70) })

    rerender({ jobId: "a" })
    expect(result.current).toMatchObject({ jobId: "a", progress: progressAt(40) })
    await act(() => result.current.cancel())
    expect(fake.cancelled).toEqual(["a"])

    rerender({ jobId: null })
    expect(result.current).toMatchObject({ status: "idle", jobId: null })
  })

  it("starts no job in a component that has gone, and minds no answer that comes after", async () => {
    const fake = createFakeClient()
    const { promise, answer } = later()
    fake.onStart(() => promise)
    const { result, unmount } = renderDice(fake)
    act(() => void result.current.start({ config }))
    unmount()
    await act(async () => answer("a"))
    await pass(IDLE_MS)
    expect([fake.connections(), vi.getTimerCount()]).toEqual([0, 0])
  })
})
