import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems } from '../errors.ts'
import { openApi } from './openapi.ts'
import { problemsMarkdown } from './problems-markdown.ts'
import type { Route } from './route.ts'
import { routes } from './routes.ts'

interface Operation {
  readonly operationId: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly responses: { readonly [status: string]: { readonly content: object } }
  readonly security?: readonly object[]
}
interface Document {
  readonly openapi: string
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
}

const document = openApi() as object as Document

test('every route is in the document, with its answers and every status of its problems', () => {
  assert.equal(document.openapi, '3.1.0')
  for (const [name, route] of Object.entries<Route>(routes)) {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()]
    assert.equal(operation?.operationId, name)
    const statuses = Object.keys(operation?.responses ?? {})
    for (const answer of route.answers) assert.ok(statuses.includes(String(answer.status)), name)
    for (const code of route.problems) assert.ok(statuses.includes(String(problems[code].status)), `${name} ${code}`)
    assert.equal(operation?.security?.length === 0, route.roles.length === 0, name)
  }
})

test('every parameter in braces is described as required, and only those', () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1])
    for (const operation of Object.values(methods)) {
      const described = operation.parameters.filter(parameter => parameter.in === 'path')
      assert.deepEqual(
        described.map(parameter => parameter.name),
        inPath,
        path,
      )
      assert.ok(described.every(parameter => parameter.required))
    }
  }
})

test('no two routes share method and path, and a write that takes no idempotency key says why', () => {
  const seen = new Set<string>()
  for (const [name, route] of Object.entries<Route>(routes)) {
    const id = `${route.method} ${route.path}`
    assert.equal(seen.has(id), false, id)
    seen.add(id)
    const stores = route.method !== 'GET' && name !== 'preview'
    if (stores && !route.idempotent) assert.match(route.description ?? '', /Idempotency-Key/, name)
  }
})

test('the table of errors has one row for every code, ordered by status', () => {
  const rows = problemsMarkdown()
    .split('\n')
    .filter(line => /^\| \d/.test(line))
  assert.equal(rows.length, Object.keys(problems).length)
  const statuses = rows.map(row => Number(row.slice(2, 5)))
  assert.deepEqual(
    statuses,
    [...statuses].sort((a, b) => a - b),
  )
})
