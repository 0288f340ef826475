// Watches two jobs one after the other by a binding of docs/guides/other-frameworks.md, in the framework that it is for, and
// prints what a component would have shown: frameworks.main.ts <folder of the guide> <framework>. The jobs are a fake
// server's, and so is the clock.
import type { JobState } from "@simstream/client"
import { complete, partial, progress, virtualTime, wait, type FakeServer } from "@simstream/client/testing"

/** A component that shows a job's state. */
interface Mounted {
  readonly show: (jobId: string) => void
  readonly unmount: () => void
}

type Mount = (jobId: string, onState: (state: JobState) => void) => Promise<Mounted>

const [, , folder = "", framework = ""] = process.argv
const binding: unknown = await import(`${folder}/${framework}.ts`)
const { server } = (await import(`${folder}/client.ts`)) as { readonly server: FakeServer }

const mounts: Readonly<Record<string, Mount>> = {
  vue: async (jobId, onState) => {
    const { effectScope, shallowRef, watchEffect } = await import("vue")
    const { useJob } = binding as { useJob: (jobId: () => string) => { readonly value: JobState } }
    const id = shallowRef(jobId)
    const scope = effectScope()
    scope.run(() => {
      const state = useJob(() => id.value)
      watchEffect(() => onState(state.value), { flush: "sync" })
    })
    return { show: (next) => (id.value = next), unmount: () => scope.stop() }
  },

  svelte: async (jobId, onState) => {
    const { watchJob } = binding as {
      watchJob: (jobId: string) => { subscribe: (run: (state: JobState) => void) => () => void }
    }
    let leave = watchJob(jobId).subscribe(onState)
    return {
      show: (next) => {
        leave()
        leave = watchJob(next).subscribe(onState)
      },
      unmount: () => leave(),
    }
  },

  solid: async (jobId, onState) => {
    const { createEffect, createRoot, createSignal } = await import("solid-js")
    const { useJob } = binding as { useJob: (jobId: () => string) => () => JobState }
    return createRoot((unmount) => {
      const [id, show] = createSignal(jobId)
      const state = useJob(id)
      createEffect(() => onState(state()))
      return { show, unmount }
    })
  },
}

const mount = mounts[framework]
if (mount === undefined) throw new Error(`There is no ${framework} here.`)

using time = virtualTime()
const first = server.job([progress(10), partial({ mean: 3.5 }), wait(1000), progress(60), complete()])
const second = server.job([progress(5), wait(1e6)])

const shown: Array<string> = []
const { show, unmount } = await mount(first.jobId, ({ jobId, status, progress: done }) => {
  const line = `${jobId === first.jobId ? "first" : "second"} ${status} ${done?.percentage ?? "-"}`
  if (shown.at(-1) !== line) shown.push(line)
})
await time.advance(2000)
show(second.jobId)
await time.advance(200)
const watched = second.streams()
unmount()
await time.advance(1000)
console.log(JSON.stringify({ shown, watched, left: second.streams(), asked: server.requests.length }))
