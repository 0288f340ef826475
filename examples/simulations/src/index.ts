/** Simulations that the examples, the benchmarks and the tests share. They read files, so they are for servers. */
import type { SimulationsOf } from "@simstream/core"
import { dotaDps } from "./dota/dotaDps.ts"
import { trainingDummy } from "./trainingDummy.ts"

export { dotaDps, trainingDummy }
export {
  catalogue,
  forms,
  type Catalogue,
  type HeroEntry,
  type ItemEntry,
  type SimulationForm,
  type SimulationName,
} from "./catalogue.ts"
export type {
  ChanceField,
  FieldOption,
  FormField,
  MultiSelectField,
  NumberField,
  SelectField,
} from "./fields.ts"

/** All of them, for `createJobs`. */
export const simulations = [trainingDummy, dotaDps] as const

/** Their types by name, for pages that show whichever of them a server offers. */
export type Simulations = SimulationsOf<{ readonly simulations: typeof simulations }>
