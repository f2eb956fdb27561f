import type { Json, JsonObject, Route } from '@surety/contract'

/** Sorts of personal value, each in a form that most fields take. */
const sorts = ['EMAIL', 'PHONE', 'SSN', 'CARD'] as const

/** One value that stands nowhere else in the world, and where it was put. */
export interface Plant {
  readonly where: string
  readonly value: string
}

/** Whatever has the form of one of them, found in one pass over however much text. */
export const plantForms =
  /plant\d{1,2}x\d{5}@planted-\d{1,2}\.example|612-\d{3}-\d{4}|\d{3}-\d\d-\d{4}|4\d{3}-\d{4}-\d{4}-\d{4}/g

/** Makes values that no two plants, and no two runs, share. @param run a number of this run, 0..99 */
export function planter(run: number) {
  let made = 0
  const next = (sort: (typeof sorts)[number]): string => {
    made++
    const digits = String(made).padStart(5, '0')
    if (sort === 'EMAIL') return `plant${run}x${digits}@planted-${run}.example`
    if (sort === 'PHONE') return `612-${2 + (run % 7)}${digits.slice(0, 2)}-${digits.slice(2)}${run % 10}`
    if (sort === 'SSN') return `${135 + run}-${45 + Number(digits[0])}-${digits.slice(1)}`
    const body = `4${String(run).padStart(2, '0')}0000${digits}000`
    return `${body}${checkDigit(body)}`.replace(/(.{4})(?=.)/g, '$1-')
  }
  return { all: (): readonly string[] => sorts.map(next), made: () => made }
}

/** ISO/IEC 7812-1, of all digits but the last. */
function checkDigit(body: string): number {
  const sum = [...body].reverse().reduce((all, digit, place) => {
    const twice = place % 2 === 0 ? 2 * Number(digit) : Number(digit)
    return all + (twice > 9 ? twice - 9 : twice)
  }, 0)
  return (10 - (sum % 10)) % 10
}

interface Shape {
  readonly type?: string
  readonly properties?: { readonly [name: string]: Shape }
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape
  readonly enum?: readonly unknown[]
  readonly const?: unknown
}

/** Where a text may stand: as a member, or as the name of one. */
export interface Spot {
  readonly path: readonly (string | number)[]
  readonly name: boolean
}

/** Every place for a text in a body: those of the body as it is, those that its schema names beside, and a name that nobody knows. */
export function spotsOf(body: Json, schema: unknown): readonly Spot[] {
  const spots = new Map<string, Spot>()
  const add = (spot: Spot) => spots.set(JSON.stringify(spot), spot)
  walkValue(body, [], add)
  walkShape(schema as Shape, body, [], add)
  return [...spots.values()]
}

function walkValue(value: Json, path: Spot['path'], add: (spot: Spot) => void): void {
  if (typeof value === 'string') add({ path, name: false })
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const [place, item] of value.slice(0, 2).entries()) walkValue(item, [...path, place], add)
    return
  }
  add({ path: [...path, 'unknown'], name: true })
  for (const [name, member] of Object.entries(value)) walkValue(member, [...path, name], add)
}

function walkShape(shape: Shape, body: Json | undefined, path: Spot['path'], add: (spot: Spot) => void): void {
  for (const one of shape.anyOf ?? []) walkShape(one, body, path, add)
  if (shape.type === 'string' && shape.enum === undefined && shape.const === undefined && path.length > 0)
    add({ path, name: false })
  if (Array.isArray(body)) return
  for (const [name, member] of Object.entries(shape.properties ?? {}))
    walkShape(member, (body as JsonObject | undefined)?.[name], [...path, name], add)
}

/** The body with the value in that place. */
export function withPlant(body: Json, { path, name }: Spot, value: string): Json {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (typeof step === 'number') {
    const items = Array.isArray(body) ? body : []
    return items.map((item, place) => (place === step ? withPlant(item, { path: rest, name }, value) : item))
  }
  const members = typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as JsonObject) : {}
  if (rest.length === 0 && name) return { ...members, [value]: 1 }
  return { ...members, [step]: withPlant(members[step] ?? {}, { path: rest, name }, value) }
}

/** Names of the query that may hold any text. */
export const queryTexts = ({ query }: Route): readonly string[] =>
  Object.entries((query as Shape | undefined)?.properties ?? {})
    .filter(([, one]) => one.type === 'string' && one.enum === undefined)
    .map(([name]) => name)
