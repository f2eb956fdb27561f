import type { Route, RouteAnswer } from '@surety/contract'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Answer } from '../transport/http/answer.ts'

type Compiled = ReturnType<typeof Compile>
const compiled = new Map<TSchema, Compiled>()

/**
 * Holds an answer against the schema that its route promises, in every suite that has a door. A field that the schema does not
 * name is wrong too: it would be in no reference.
 * @throws Error with the route and the first field that is wrong
 */
export function checkAnswer(route: Route, answer: Answer): void {
  const where = `${route.method} ${route.path} answers ${answer.status}`
  // What was refused is written by one place for every route, also where it was kept and is sent again.
  if (answer.type.startsWith('application/problem+json')) return
  const promised = route.answers.find(one => one.status === answer.status)
  if (promised === undefined) throw new Error(`${where}, which its route does not promise`)
  if (promised.type !== answer.type.split(';', 1)[0]) throw new Error(`${where} as ${answer.type}`)
  if (promised.type !== 'application/json' || typeof answer.body !== 'string') return
  const said = wrongField(promised, JSON.parse(answer.body))
  if (said === null) return
  // What is thrown here is answered 500 without a word of why: whoever reads the failed test needs the sentence.
  console.error(`${where} with ${said}`)
  throw new Error(`${where} with ${said}`)
}

function wrongField(promised: RouteAnswer, body: { readonly data?: unknown }): string | null {
  const check = compiledOf(promised.schema)
  const value = promised.envelope ? body.data : body
  if (check.Check(value)) return null
  const [first] = check.Errors(value)
  return `${first?.instancePath === '' ? 'a body' : first?.instancePath} that ${first?.message}: ${JSON.stringify(value).slice(0, 600)}`
}

function compiledOf(schema: TSchema): Compiled {
  let found = compiled.get(schema)
  if (found === undefined) {
    found = Compile(closed(schema) as TSchema)
    compiled.set(schema, found)
  }
  return found
}

/** The same schema, in which an object has the properties that it names and no others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(schema)) copy[key] = closed(member)
  const isObject = 'properties' in schema && 'type' in schema && schema.type === 'object'
  if (isObject && !('additionalProperties' in schema)) copy['additionalProperties'] = false
  return copy
}
