/** What a page needs to offer the simulations. A server sends it as JSON, so that no page bundles the game's data. */
import { dotaDps, dotaDpsForm } from "./dota/dotaDps.ts"
import { heroes, type PrimaryAttribute } from "./dota/heroes.ts"
import { items } from "./dota/items.ts"
import type { FormField } from "./fields.ts"
import { retirement, retirementForm } from "./retirement/retirement.ts"
import { spellRotation, spellRotationForm } from "./rotation/spellRotation.ts"
import { trainingDummy, trainingDummyForm } from "./trainingDummy.ts"

/** How a page asks for a simulation's config. */
export interface SimulationForm {
  readonly title: string
  /** Short enough for a switch. */
  readonly shortTitle: string
  readonly description: string
  /** The metric that it is about, whose precision may end a run. */
  readonly headline: string
  /** The fields of the config. Each has a default, so `{}` is a valid config. */
  readonly fields: ReadonlyArray<FormField>
}

/** The names of the simulations. */
export type SimulationName =
  | typeof dotaDps.name
  | typeof spellRotation.name
  | typeof retirement.name
  | typeof trainingDummy.name

export interface HeroEntry {
  /** What the config's `hero` takes: "juggernaut". */
  readonly key: string
  readonly name: string
  readonly primaryAttribute: PrimaryAttribute
}

export interface ItemEntry {
  /** What the config's `items` takes: "greater_crit". */
  readonly key: string
  readonly name: string
  /** Abilities of the item that the simulation leaves out: ["Chain Lightning"]. */
  readonly notSimulated: ReadonlyArray<string>
}

/** All of it is JSON. A page imports this type alone: `import type { Catalogue } from "@simstream/example-simulations"`. */
export interface Catalogue {
  readonly forms: { readonly [Name in SimulationName]: SimulationForm }
  readonly heroes: ReadonlyArray<HeroEntry>
  readonly items: ReadonlyArray<ItemEntry>
}

/** The forms by the simulations' names, in the order in which they are offered. */
export const forms: Catalogue["forms"] = {
  [dotaDps.name]: dotaDpsForm,
  [spellRotation.name]: spellRotationForm,
  [retirement.name]: retirementForm,
  [trainingDummy.name]: trainingDummyForm,
}

/** The forms of the simulations, and the heroes and items that `dota-dps` knows. */
export const catalogue = (): Catalogue => ({
  forms,
  heroes: Array.from(heroes.values(), ({ key, name, primaryAttribute }) => ({ key, name, primaryAttribute })),
  items: Array.from(items.values(), ({ key, name, notSimulated }) => ({ key, name, notSimulated })),
})
