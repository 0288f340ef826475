/**
 * The states that the small generator starts from, for a run of iterations at once: two Threefry blocks an iteration, of
 * the counters (iteration, 0) and (iteration, 1). Neither has to wait for the other, so a processor mixes both in hardly
 * more than the time of one, and a run of them in less than the iterations would take one by one.
 *
 * @see threefry.ts, whose rounds these are
 */
import { THREEFRY_PARITY, type Words } from "./threefry.ts"

/** Words in a state. */
export const STATE_WORDS = 4

/** Puts the states of `count` iterations from `first` on into `out`, one behind the other. */
export const seedStates = (k0: number, k1: number, first: number, count: number, out: Words): void => {
  // Whole words before the loop: for all an engine knows a parameter could be any number, and it adds those, and three
  // words at once, as floats.
  k0 |= 0
  k1 |= 0
  const k2 = THREEFRY_PARITY ^ k0 ^ k1
  const u = k1
  const v = (k1 + 1) | 0
  // What the injections add to the second word of a block: a word of the key and the injection's number.
  const key1 = (k2 + 1) | 0
  const key2 = (k0 + 2) | 0
  const key3 = (k1 + 3) | 0
  const key4 = (k2 + 4) | 0
  const key5 = (k0 + 5) | 0
  for (let at = 0; at < count; at++) {
    let a = (((first + at) | 0) + k0) | 0
    let b = u
    let c = a
    let d = v

    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 13) | (b >>> 19)) ^ a
    d = ((d << 13) | (d >>> 19)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 15) | (b >>> 17)) ^ a
    d = ((d << 15) | (d >>> 17)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 26) | (b >>> 6)) ^ a
    d = ((d << 26) | (d >>> 6)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 6) | (b >>> 26)) ^ a
    d = ((d << 6) | (d >>> 26)) ^ c
    a = (a + k1) | 0
    c = (c + k1) | 0
    b = (b + key1) | 0
    d = (d + key1) | 0

    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 17) | (b >>> 15)) ^ a
    d = ((d << 17) | (d >>> 15)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 29) | (b >>> 3)) ^ a
    d = ((d << 29) | (d >>> 3)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 16) | (b >>> 16)) ^ a
    d = ((d << 16) | (d >>> 16)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 24) | (b >>> 8)) ^ a
    d = ((d << 24) | (d >>> 8)) ^ c
    a = (a + k2) | 0
    c = (c + k2) | 0
    b = (b + key2) | 0
    d = (d + key2) | 0

    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 13) | (b >>> 19)) ^ a
    d = ((d << 13) | (d >>> 19)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 15) | (b >>> 17)) ^ a
    d = ((d << 15) | (d >>> 17)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 26) | (b >>> 6)) ^ a
    d = ((d << 26) | (d >>> 6)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 6) | (b >>> 26)) ^ a
    d = ((d << 6) | (d >>> 26)) ^ c
    a = (a + k0) | 0
    c = (c + k0) | 0
    b = (b + key3) | 0
    d = (d + key3) | 0

    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 17) | (b >>> 15)) ^ a
    d = ((d << 17) | (d >>> 15)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 29) | (b >>> 3)) ^ a
    d = ((d << 29) | (d >>> 3)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 16) | (b >>> 16)) ^ a
    d = ((d << 16) | (d >>> 16)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 24) | (b >>> 8)) ^ a
    d = ((d << 24) | (d >>> 8)) ^ c
    a = (a + k1) | 0
    c = (c + k1) | 0
    b = (b + key4) | 0
    d = (d + key4) | 0

    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 13) | (b >>> 19)) ^ a
    d = ((d << 13) | (d >>> 19)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 15) | (b >>> 17)) ^ a
    d = ((d << 15) | (d >>> 17)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 26) | (b >>> 6)) ^ a
    d = ((d << 26) | (d >>> 6)) ^ c
    a = (a + b) | 0
    c = (c + d) | 0
    b = ((b << 6) | (b >>> 26)) ^ a
    d = ((d << 6) | (d >>> 26)) ^ c

    const to = STATE_WORDS * at
    out[to] = (a + k2) | 0
    out[to + 1] = (b + key5) | 0
    out[to + 2] = (c + k2) | 0
    out[to + 3] = (d + key5) | 0
  }
}
