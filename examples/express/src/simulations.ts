/** What this server simulates: the shared training dummy, and a simulation that fails. */
import { defineSimulation, PublicError } from "@simstream/core/simulation"
import { trainingDummy } from "@simstream/example-simulations"
import * as Schema from "effect/Schema"

/**
 * Fails at one of its iterations, so that there is a failure to look at. The message of a `PublicError` is shown to whoever
 * started the run; of any other error they are told that there was one, and the server's log says which.
 */
export const faulty = defineSimulation({
  name: "faulty",
  config: Schema.Struct({ failAt: Schema.Int }),
  metrics: { value: {} },
  prepare:
    ({ failAt }) =>
    ({ index, random }) => {
      if (index === failAt) throw new PublicError(`Iteration ${index} went wrong, as it was told to.`)
      return { value: random.normal() }
    },
})

export const simulations = [trainingDummy, faulty] as const
