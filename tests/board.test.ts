// The board of deploy/grafana is made from the catalogue of metrics; here it is held against it and against the alerts.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { board } from '../packages/server/src/metrics/board.ts'
import { catalogueOf } from '../packages/server/src/metrics/catalogue.ts'
import { pods } from '../packages/server/src/pods.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number }
}
const { panels } = JSON.parse(board(pods)) as { panels: readonly Panel[] }
const catalogue = catalogueOf(pods)
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Names of metrics in an expression, without the endings of a histogram; functions, labels and words in quotes are none. */
function namesIn(expression: string): readonly string[] {
  const bare = expression.replaceAll(/"[^"]*"/g, '').replaceAll(/\b(?:by|on) \([^)]*\)/g, '')
  const words = bare.replaceAll(/\{[^}]*\}/g, '').matchAll(/\b([a-z]+(?:_[a-z]+)+)\b(?!\s*\()/g)
  return [...words].map(([word]) =>
    Object.hasOwn(catalogue, word) ? word : word.replace(/_(?:bucket|sum|count)$/, ''),
  )
}

test('every metric of the catalogue stands on the board, and every expression speaks of metrics of the catalogue', () => {
  const shown = new Set(expressions.flatMap(namesIn))
  for (const name of Object.keys(catalogue)) assert.ok(shown.has(name), `${name} is not on the board`)
  for (const name of shown)
    assert.ok(Object.hasOwn(catalogue, name), `the board asks for ${name}, which does not exist`)
})

test('what an alert counts on can be looked up on the board', () => {
  const shown = new Set(expressions.flatMap(namesIn))
  const rules = readFileSync('deploy/prometheus_alerts.yml', 'utf8').match(/^\s+expr: .*$/gm) ?? []
  assert.ok(rules.length > 10)
  for (const name of rules.flatMap(rule => namesIn(rule.replace(/^\s+expr: /, ''))))
    assert.ok(shown.has(name), `${name} of an alert is not on the board`)
})

test('no panel lies over another, and each has an id of its own', () => {
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const taken = new Set<string>()
  for (const { title, gridPos } of panels)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(x < 24 && !taken.has(`${x} ${y}`), `${title} lies over another panel`)
        taken.add(`${x} ${y}`)
      }
})

test('a metric that nobody gave a place stops the board from being made', () => {
  const stray = { type: 'counter', help: 'x', labels: [] } as const
  const [pod] = pods
  const metrics = { catalogue: { stray_total: stray }, first: {}, count: () => {} }
  assert.throws(() => board([{ ...pod!, metrics }]), /stray_total has no place/)
})
