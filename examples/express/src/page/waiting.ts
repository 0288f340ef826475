/** What a run waits for while it can't go on, in words for whoever looks at it. */

export interface Wait {
  readonly title: string
  readonly text: string
}

/** `null` while the run goes on. A word that a newer server may say is left out. */
export const waitOf = ({ waitingFor }: { readonly waitingFor?: string }): Wait | null => {
  switch (waitingFor) {
    case "queue":
      return {
        title: "Waiting for the queue",
        text: "The queue that the run's work goes through is full or can't be reached. The run goes on by itself.",
      }
    case "workers":
      return {
        title: "Waiting for a worker",
        text: "No worker is free to take the run's work up. The run goes on by itself.",
      }
    default:
      return null
  }
}
