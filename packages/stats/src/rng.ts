/** A seeded stream of random numbers. The same seed and labels give the same numbers on every machine. */
export interface Rng {
  /** 53-bit uniform in [0, 1). */
  uniform(): number
  /** Whole number in [0, n), unbiased; n from 1 to 2^32. */
  int(n: number): number
  /** An independent stream named by the label; it does not move this one, so the order of forks does not matter. */
  fork(label: string): Rng
}

/**
 * Seeded generator: sfc32, a 128-bit state stepped with 32-bit integers only, so that every engine gives the same bits.
 * @param seed any number or text; different seeds give unrelated streams
 * @see Doty-Humphrey, PractRand (sfc); the state is filled by 128 bits of mixed FNV-1a hashes of the seed
 * @example const dice = rng(42); dice.int(6) // 0..5
 */
export function rng(seed: number | string): Rng {
  const path = `${typeof seed}:${seed}`
  let a = hash(path, 0x9e3779b9)
  let b = hash(path, 0x243f6a88)
  let c = hash(path, 0xb7e15162)
  let counter = hash(path, 0x85ebca6b) | 1
  const next = (): number => {
    const t = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return t >>> 0
  }
  for (let i = 0; i < 15; i++) next()
  return {
    uniform: () => (next() >>> 5) * 2 ** -27 + (next() >>> 6) * 2 ** -53,
    int: n => {
      if (!(Number.isInteger(n) && n >= 1 && n <= 2 ** 32)) throw new RangeError(`int needs 1 to 2^32, got ${n}`)
      const limit = 2 ** 32 - (2 ** 32 % n)
      let draw = next()
      while (draw >= limit) draw = next()
      return draw % n
    },
    fork: label => rng(`${path}/${label.length}:${label}`),
  }
}

/** FNV-1a over UTF-16 code units, then a finaliser that spreads every input bit over the word. */
function hash(text: string, salt: number): number {
  let h = 0x811c9dc5 ^ salt
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return h ^ (h >>> 15)
}
