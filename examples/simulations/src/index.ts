/** Simulations that the examples, the benchmarks and the tests share. They read files, so they are for servers. */
import type { SimulationsOf } from "@simstream/core"
import { dotaDps } from "./dota/dotaDps.ts"
import { retirement } from "./retirement/retirement.ts"
import { spellRotation } from "./rotation/spellRotation.ts"
import { trainingDummy } from "./trainingDummy.ts"

export { dotaDps, retirement, spellRotation, trainingDummy }
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
  PriorityField,
  SelectField,
} from "./fields.ts"

/** All of them, for `createJobs`. */
export const simulations = [dotaDps, spellRotation, retirement, trainingDummy] as const

/** Their types by name, for pages that show whichever of them a server offers. */
export type Simulations = SimulationsOf<{ readonly simulations: typeof simulations }>
