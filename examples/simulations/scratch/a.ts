import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
const num = (min: number, max: number, d: number) =>
  Schema.Finite.annotate({ message: `must be a number from ${min} to ${max}` })
    .check(Schema.isBetween({ minimum: min, maximum: max }, { message: `must be a number from ${min} to ${max}` }))
    .annotate({ form: { kind: "number", label: "x", min, max } })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(d)))
const set = new Set(["a","b"])
const one = Schema.String.annotate({message:"must be one of a,b"}).check(Schema.makeFilter((s: string) => set.has(s), { message: "must be one of a, b" })).annotate({form:{kind:"select"}}).pipe(Schema.withDecodingDefaultKey(Effect.succeed("a")))
const S = Schema.Struct({ x: num(0, 1, 0.5), y: num(0, 10, 2), h: one, items: Schema.Array(Schema.String.check(Schema.makeFilter((s: string) => set.has(s), { message: "must be one of a, b" }))).annotate({message:"must be a list"}).check(Schema.isMaxLength(2, { message: "at most 2" })).annotate({form:1}).pipe(Schema.withDecodingDefaultKey(Effect.succeed(["a"]))) }).check(
  Schema.makeFilter((c) => c.x > c.y ? { path: ["x"], issue: "must be at most y" } : undefined),
)
const std = Schema.toStandardSchemaV1(S, { parseOptions: { errors: "all", onExcessProperty: "error" } })
for (const v of [{}, { x: 2 }, { x: "a", y: NaN, h: "c" }, { z: 1 }, { x: 1, y: 0.5 }, null, "q", { h: 3, items: ["a", "z", 3] }, { items: ["a", "a", "b"] }, {items:7},{x:undefined}, {x:null}])
  console.log(JSON.stringify(v), JSON.stringify(await std["~standard"].validate(v)))
console.log(Schema.resolveAnnotations(S.fields.x)?.["form"], Schema.resolveAnnotations(S.fields.h)?.["form"],Schema.resolveAnnotations(S.fields.items)?.["form"], Object.keys(S.fields))
