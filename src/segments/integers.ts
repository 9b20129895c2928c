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

export function unpackIntegers(packed: PackedIntegers, count: number): Float64Array {
  const { mode, width, base, bytes } = packed
  const values = new Float64Array(count)
  for (let plane = width - 1; plane >= 0; plane--) {
    const start = plane * count
    for (let index = 0; index < count; index++) values[index] = values[index] * 256 + bytes[start + index]
  }
  if (mode === 'base') {
    for (let index = 0; index < count; index++) values[index] += base
    return values
  }
  let value = base
  for (let index = 0; index < count; index++) {
    const step = values[index]
    value += step % 2 === 0 ? step / 2 : -(step + 1) / 2
    values[index] = value
  }
  return values
}

function planes(width: number, values: Float64Array, mode: 'base' | 'delta', base: number): Uint8Array {
  const count = values.length
  const bytes = new Uint8Array(width * count)
  let last = base
  for (let index = 0; index < count; index++) {
    const value = values[index]
    let rest = mode === 'base' ? value - base : zigzag(value - last)
    last = value
    for (let plane = 0; plane < width; plane++) {
      const low = rest % 256
      bytes[plane * count + index] = low
      rest = (rest - low) / 256
    }
  }
  return bytes
}

const zigzag = (step: number): number => (step >= 0 ? step * 2 : -step * 2 - 1)

function widthOf(max: number): number {
  let width = 1
  for (let limit = 256; max >= limit; limit *= 256) width++
  return width
}
