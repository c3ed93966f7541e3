/** Exponent bias and widths of IEEE 754 binary16. */
const FRACTION_BITS = 10;
const EXPONENT_MASK = 0x1f;
const FRACTION_MASK = 0x3ff;
const BIAS = 15;

/** Float32 values of binary16 bit patterns: engines without `Float16Array` give a graph's fp16 output as raw bits. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> FRACTION_BITS) & EXPONENT_MASK;
    const fraction = half & FRACTION_MASK;
    if (exponent === EXPONENT_MASK) return fraction ? NaN : sign * Infinity;
    const normal = exponent > 0;
    const mantissa = (normal ? 1 << FRACTION_BITS : 0) + fraction;
    return sign * mantissa * 2 ** ((normal ? exponent : 1) - BIAS - FRACTION_BITS);
  });
}
