// A transition of 0.3 s beside a component that follows a job.
import { memo, useEffect, useRef, useState, useTransition } from "react"
import { measured } from "./measured.ts"

/** How much there is to render: this many components of a millisecond each. */
const SLOW_COMPONENTS = 300
const SLOW_MS = 1

const Slow = memo(({ round }: { readonly round: number }) => {
  const end = performance.now() + SLOW_MS
  while (performance.now() < end) {
    // As a big component would
  }
  if (round > 0) measured.slowRenders += 1
  return null
})

/** A list that takes long to render, and that a button renders anew in a transition. */
export const Transition = () => {
  const [round, setRound] = useState(0)
  const [isPending, startTransition] = useTransition()
  const startedAt = useRef(0)
  useEffect(() => {
    if (round > 0) measured.transitionMs = performance.now() - startedAt.current
  }, [round])
  return (
    <>
      <button
        type="button"
        data-testid="transition"
        onClick={() => {
          measured.slowRenders = 0
          measured.transitionMs = 0
          startedAt.current = performance.now()
          startTransition(() => setRound(round + 1))
        }}
      >
        {isPending ? "pending" : "go"}
      </button>
      {Array.from({ length: SLOW_COMPONENTS }, (_, index) => (
        <Slow key={index} round={round} />
      ))}
    </>
  )
}
