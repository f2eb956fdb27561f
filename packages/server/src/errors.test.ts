import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventFailed, eachApart } from './errors.ts'

test('each has its turn whatever became of those before it, and what failed is told at the end', async () => {
  const done: number[] = []
  const work = (bad: readonly number[]) => async (n: number) => {
    if (bad.includes(n)) throw new Error(`${n} failed`)
    done.push(n)
  }
  await eachApart([1, 2, 3], work([]))
  await assert.rejects(eachApart([4, 5, 6], work([4])), /4 failed/)
  await assert.rejects(eachApart([7, 8, 9], work([7, 8])), (error: AggregateError) => error.errors.length === 2)
  assert.deepEqual(done, [1, 2, 3, 5, 6, 9])
})

test('a stop ends all of them, and is what is thrown', async () => {
  const stop = new AbortController()
  const begun: number[] = []
  const work = async (n: number) => {
    begun.push(n)
    stop.abort(new Error('stopped'))
    throw new Error('cut short')
  }
  await assert.rejects(eachApart([1, 2], work, stop.signal), /stopped/)
  assert.deepEqual(begun, [1])
})

test('of an event that failed its kind, stage and place in the code are written down, and nothing that it held', () => {
  const failed = new EventFailed(
    'record',
    { tenant: 'acme', kind: 'lead.created' },
    new SyntaxError('at Jane Doe\n     at jane@x.y (a:1:1)'),
  )
  assert.match(failed.message, /^an event of kind lead.created of the tenant acme .* record: SyntaxError$/)
  assert.match(failed.stack ?? '', /\n\s+at .*errors\.test\.ts/)
  assert.doesNotMatch(`${failed.message}${failed.stack}`, /Jane|jane/)
  const ofDatabase = Object.assign(new Error('value "Jane"'), { code: '22P02', table: 'events', column: 'payload' })
  assert.match(new EventFailed('record', { tenant: 'a', kind: 'k' }, ofDatabase).message, /Error 22P02 events payload$/)
})
