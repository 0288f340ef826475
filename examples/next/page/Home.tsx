"use client"
import { Welcome } from "@simstream/example-page"
import { useRuns } from "./runs.ts"

export const Home = () => {
  const { starting, start } = useRuns()
  return <Welcome disabled={starting} onStart={start} />
}
