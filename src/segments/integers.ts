/**
 * Arrays of whole numbers as bytes. `base`: distances from the smallest; `delta`: zigzag steps from one to the next, the first
 * from the base. All low bytes come first, then the next ones, which zstd packs better than whole numbers. Neither the range
 * nor a step may exceed 2^53.
 */
export interface PackedIntegers {
  readonly mode: 'base' | 'delta'
  /** Bytes a number: 1–7. */
  readonly width: number
  readonly base: number
  readonly bytes: Uint8Array
}

export function packIntegers(values: Float64Array): PackedIntegers {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let step = 0
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (value < min) min = value
    if (value > max) max = value
    if (index > 0) step = Math.max(step, zigzag(value - values[index - 1]))
  }
  if (values.length === 0) return { mode: 'base', width: 1, base: 0, bytes: new Uint8Array(0) }
  const deltaWidth = widthOf(step)
  const baseWidth = widthOf(max - min)
  if (deltaWidth < baseWidth)
    return { mode: 'delta', width: deltaWidth, base: values[0], bytes: planes(deltaWidth, values, 'delta', values[0]) }
  return { mode: 'base', width: baseWidth, base: min, bytes: planes(baseWidth, values, 'base', min) }
}

export function unpackIntegers({ mode, width, base, bytes }: PackedIntegers, count: number): Float64Array {
  if (width > NARROW_WIDTH) return settle(joinWide(bytes, width, count), mode, base)
  const numbers = joinNarrow(bytes, width, count)
  return mode === 'base' ? addBase(numbers, base) : addSteps(numbers, base)
}

/** Bytes of numbers that the engine handles as small integers. */
const NARROW_WIDTH = 3

// Up to three bytes a number fit the engine's small integers, which it handles several times faster than doubles; nearly
// all columns are that narrow.

function joinNarrow(bytes: Uint8Array, width: number, count: number): Uint8Array | Int32Array {
  if (width === 1) return bytes.subarray(0, count)
  const numbers = new Int32Array(count)
  if (width === 2) {
    for (let index = 0; index < count; index++) numbers[index] = bytes[index] | (bytes[count + index] << 8)
    return numbers
  }
  for (let index = 0; index < count; index++) {
    numbers[index] = bytes[index] | (bytes[count + index] << 8) | (bytes[2 * count + index] << 16)
  }
  return numbers
}

function addBase(numbers: Uint8Array | Int32Array, base: number): Float64Array {
  const values = new Float64Array(numbers.length)
  for (let index = 0; index < numbers.length; index++) values[index] = numbers[index] + base
  return values
}

function addSteps(steps: Uint8Array | Int32Array, base: number): Float64Array {
  const values = new Float64Array(steps.length)
  let value = base
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index]
    value += (step >>> 1) ^ -(step & 1)
    values[index] = value
  }
  return values
}

function joinWide(bytes: Uint8Array, width: number, count: number): Float64Array {
  const values = new Float64Array(count)
  for (let plane = width - 1; plane >= 0; plane--) {
    const start = plane * count
    for (let index = 0; index < count; index++) values[index] = values[index] * 256 + bytes[start + index]
  }
  return values
}

function settle(values: Float64Array, mode: 'base' | 'delta', base: number): Float64Array {
  let value = base
  for (let index = 0; index < values.length; index++) {
    const number = values[index]
    if (mode === 'base') {
      values[index] = number + base
    } else {
      value += number % 2 === 0 ? number / 2 : -(number + 1) / 2
      values[index] = value
    }
  }
  return values
}

function planes(width: number, values: Float64Array, mode: 'base' | 'delta', base: number): Uint8Array {
  const count = values.length
  const bytes = new Uint8Array(width * count)
  const isNarrow = width <= NARROW_WIDTH
  let last = base
  for (let index = 0; index < count; index++) {
    const value = values[index]
    const number = mode === 'base' ? value - base : zigzag(value - last)
    last = value
    if (isNarrow) putNarrow(bytes, index, count, number | 0)
    else putWide(bytes, index, count, number)
  }
  return bytes
}

function putNarrow(bytes: Uint8Array, first: number, step: number, number: number): void {
  let rest = number
  for (let at = first; at < bytes.length; at += step) {
    bytes[at] = rest & 255
    rest >>>= 8
  }
}

function putWide(bytes: Uint8Array, first: number, step: number, number: number): void {
  let rest = number
  for (let at = first; at < bytes.length; at += step) {
    const low = rest % 256
    bytes[at] = low
    rest = (rest - low) / 256
  }
}

const zigzag = (step: number): number => (step >= 0 ? step * 2 : -step * 2 - 1)

function widthOf(max: number): number {
  let width = 1
  for (let limit = 256; max >= limit; limit *= 256) width++
  return width
}
