import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import type { JsonObject, Pod } from '@surety/contract'
import { pods as served } from '../../packages/server/src/pods.ts'
import { type Samples, samples } from '../pod-samples.ts'

/** A pod to be examined, with one good event of each of its kinds; those of ticks are made. */
export interface Examined extends Samples {
  readonly pod: Pod
}

/** Everything in a pod's file that is a pod; a folder that has one is examined whether an installation serves it or not. */
const isPod = (value: unknown): value is Pod =>
  typeof value === 'object' && value !== null && 'kinds' in value && 'questions' in value && 'asked' in value

/** Files with a pod: of installations and, with samples beside them, of tests. */
export const podFiles = globSync(['pods/*/src/pod.ts', 'tests/*/pod.ts']).toSorted()
const ofFiles = await Promise.all(
  podFiles.map(async file => {
    const found = Object.values((await import(`../../${file}`)) as Record<string, unknown>).filter(isPod)
    assert.equal(found.length, 1, `${file} exports ${found.length} pods`)
    return [found[0]!, file.startsWith('tests/') ? await besideOf(file) : undefined] as const
  }),
)

async function besideOf(file: string): Promise<Samples> {
  const beside = file.replace(/pod\.ts$/, 'samples.ts')
  assert.ok(existsSync(beside), `${file} has no ${beside} beside it: give it one event of each kind`)
  return ((await import(`../../${beside}`)) as { readonly samples: Samples }).samples
}

const withSamples = new Map<Pod, Samples | undefined>([...served.map(one => [one, undefined] as const), ...ofFiles])

/** Every pod there is. @throws where one has no samples */
export const examined: readonly Examined[] = [...withSamples].map(([pod, beside]) => {
  const own = beside ?? samples[pod.name]
  assert.ok(own, `pod ${pod.name} has no samples in tests/pod-samples.ts: give it one event of each kind`)
  return { ...own, pod, events: { ...ticksOf(pod, own), ...own.events } }
})

/** A tick of the first row of its entity in the samples. */
function ticksOf({ ticks }: Pod, { reference = {} }: Samples): { readonly [kind: string]: JsonObject } {
  const made = ticks.map(({ name, entity }): readonly [string, JsonObject] => {
    const row = reference[entity.name]?.[0]
    assert.ok(row, `the samples have no ${entity.name} that could tick: give reference.${entity.name} a row`)
    return [name, { entity: String(row[entity.id[0]!]), gapMs: 0 }]
  })
  return Object.fromEntries(made)
}
