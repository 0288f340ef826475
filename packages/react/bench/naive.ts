import type { Progress } from "@simstream/protocol"
import { useEffect, useState } from "react"

/** The hook that everyone writes first: an `EventSource` in an effect, and a `setState` for every event. */
export const useNaiveProgress = (url: string): Progress | null => {
  const [progress, setProgress] = useState<Progress | null>(null)
  useEffect(() => {
    const source = new EventSource(url)
    source.addEventListener("progress", (event) => setProgress(JSON.parse(event.data)))
    return () => source.close()
  }, [url])
  return progress
}
