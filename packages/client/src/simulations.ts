/** The types that flow from the server's definitions into the client. Nothing of this exists at run time. */
import type { Outputs } from "@simstream/protocol"

/** The types of one simulation: what it is started with, and what it publishes. */
export interface SimulationTypes {
  /** The config, as it is sent. */
  readonly input: unknown
  /** What its jobs publish. */
  readonly outputs: Outputs
}

/**
 * The types of a server's simulations by name. The server's own: `type Simulations = SimulationsOf<typeof jobs>`, exported
 * from it and imported with `import type`.
 */
export type SimulationMap = { readonly [name: string]: SimulationTypes }

/** The names of the simulations in a map. */
export type NameOf<S extends SimulationMap> = keyof S & string

/** What a simulation is started with; of several, either. */
export type InputOf<S extends SimulationMap, Name extends NameOf<S>> = S[Name]["input"]

/** What a simulation publishes; of several, either. */
export type OutputsOf<S extends SimulationMap, Name extends NameOf<S>> = S[Name]["outputs"]
