/**
 * Reads the game data of `dotaconstants` (MIT, https://github.com/odota/dotaconstants), which is what Valve ships with the
 * game, as JSON. Its index imports all 5.9 MB; two files of it are read here, 0.6 MB, and of those the fields that are used.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import { packageFolder } from "../packageFolder.ts"

const folder = join(packageFolder("dotaconstants"), "build")

const HeroData = Schema.Struct({
  name: Schema.String,
  localized_name: Schema.String,
  primary_attr: Schema.Literals(["str", "agi", "int", "all"]),
  attack_type: Schema.Literals(["Melee", "Ranged"]),
  base_attack_min: Schema.Finite,
  base_attack_max: Schema.Finite,
  base_str: Schema.Finite,
  base_agi: Schema.Finite,
  base_int: Schema.Finite,
  str_gain: Schema.Finite,
  agi_gain: Schema.Finite,
  int_gain: Schema.Finite,
  /** The base attack time in seconds: the game's own files call it AttackRate. */
  attack_rate: Schema.Finite,
  /** The base attack speed, 100 for most; the name in the data is a slip. */
  base_attack_time: Schema.Finite,
})

const ItemData = Schema.Struct({
  dname: Schema.optionalKey(Schema.String),
  cost: Schema.NullOr(Schema.Finite),
  /** The cooldown in seconds of the item's ability that is used, or of its passive one where it has no other. */
  cd: Schema.Union([Schema.Finite, Schema.Literal(false)]),
  attrib: Schema.Array(
    Schema.Struct({
      key: Schema.String,
      /** The line on the item's card, where the number has one. */
      display: Schema.optionalKey(Schema.String),
      value: Schema.String,
    }),
  ),
  abilities: Schema.optionalKey(Schema.Array(Schema.Struct({ type: Schema.String, title: Schema.String }))),
})

const read = <S extends Schema.Codec<unknown, unknown>>(file: string, schema: S) =>
  Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Record(Schema.String, schema)))(
    readFileSync(join(folder, file), "utf8"),
  )

export type HeroData = typeof HeroData.Type
export type ItemData = typeof ItemData.Type

/** @throws SchemaError when the data is not what this version of the package had */
export const readHeroes = () => Object.values(read("heroes.json", HeroData))

/** Items by key. @throws SchemaError when the data is not what this version of the package had */
export const readItems = () => read("items.json", ItemData)
