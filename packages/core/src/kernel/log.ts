/**
 * The natural logarithm by arithmetic that ECMAScript fixes to the bit. `Math.log` may differ between engines in the
 * last place, and with it every normal and exponential draw.
 */

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
/** Which of the two 32-bit words of a double holds its sign and exponent on this machine. */
export const HIGH_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0

const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10
const TWO_54 = 18014398509481984
const TWO_1023 = 8.98846567431158e307

/**
 * What brings a double to [1, 2), by the exponent as it stands in the word. To multiply is exact, and takes half as long as
 * to write the exponent into the word and read back the double.
 */
const scales = new Float64Array(2047)
for (let biased = 0, scale = TWO_1023; biased < scales.length; biased++, scale /= 2) scales[biased] = scale

/**
 * ln x for x > 0, within 1 unit in the last place or so; −∞ for 0 and NaN below.
 *
 * x = m·2^e with m in [√½, √2), and ln m = 2·artanh(s) = 2·(s + s³/3 + s⁵/5 + …) with s = (m − 1)/(m + 1), |s| ≤ 0.1716.
 */
export const log = (x: number): number => {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN
  if (x === Infinity) return Infinity
  let exponent = 0
  if (x < 2.2250738585072014e-308) {
    x *= TWO_54
    exponent = -54
  }
  float[0] = x
  const biased = words[HIGH_WORD] >>> 20
  exponent += biased - 1023
  let m = x * scales[biased]
  if (m > Math.SQRT2) {
    m /= 2
    exponent++
  }
  const s = (m - 1) / (m + 1)
  const z = s * s
  const series =
    z *
    (2 / 3 +
      z *
        (2 / 5 +
          z *
            (2 / 7 +
              z *
                (2 / 9 +
                  z * (2 / 11 + z * (2 / 13 + z * (2 / 15 + z * (2 / 17 + z * (2 / 19 + z * (2 / 21))))))))))
  return exponent * LN2_HIGH + (2 * s + (s * series + exponent * LN2_LOW))
}
