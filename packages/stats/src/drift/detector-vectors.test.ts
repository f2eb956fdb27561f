import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectorVectors } from '../testing/drift-data.ts'
import { type AdwinOptions, adwin } from './adwin.ts'

/** Indices of changes; with `resets` the window begins anew at each, as one library's detectors do. */
function changes(name: string, options: AdwinOptions = {}, resets = false): readonly number[] {
  let window = adwin(options)
  return detectorVectors.streams[name]!.flatMap((value, i) => {
    if (!window.add(value)) return []
    if (resets) window = adwin(options)
    return [i]
  })
}

test('on the streams of two libraries the full walk over all buckets reports 1023, and 1055 where there is one', () => {
  assert.deepEqual(changes('skmf_drift_stream'), [1023, 1055])
  assert.deepEqual(changes('river_1_seed12345'), [1023, 1055])
  assert.deepEqual(changes('river_doc_adwin'), [1023])
})

test('leaving out the newest bucket of each row gives the changes that one library stores, 1087 and 1151 among them', () => {
  assert.deepEqual(changes('skmf_drift_stream', { skipNewestBuckets: true }), [1023, 1055, 1087, 1151])
})

test('with a reset at each alarm on top it gives the changes that the other library stores', () => {
  assert.deepEqual(changes('river_1_seed12345', { skipNewestBuckets: true }, true), [1055])
  assert.deepEqual(changes('river_doc_adwin', { skipNewestBuckets: true }, true), [1023])
})
