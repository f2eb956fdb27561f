import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificateFigures } from './certificate-figures.ts'

const told = [{ who: 'silence', key: null, rows: 40, share: 1 }]
const ofRecord = {
  format: 'surety.certificate/2',
  id: 'c1',
  cut: { k: 12, share: 0.2, threshold: 0.9 },
  record: { rows: 400, in_region: 40, wrong: 1, why: 'first' },
  upper: 0.08,
  labelled_by: told,
}
const ofModel = { format: 'surety.certificate/1', share: 0.3, counts: { n: 300, accepted: 90, wrong: 2 }, upper: 0.07 }

test('of a record and of one model alone the same is told, and the oldest do not say who labelled', () => {
  assert.deepEqual(certificateFigures(ofRecord), {
    share: 0.2,
    counts: { n: 400, accepted: 40, wrong: 1 },
    upper: 0.08,
    labelledBy: told,
  })
  assert.deepEqual(certificateFigures({ ...ofModel, data: { labelled_by: told } }).labelledBy, told)
  assert.deepEqual(certificateFigures(ofModel), { share: 0.3, counts: ofModel.counts, upper: 0.07, labelledBy: [] })
  assert.equal(certificateFigures({ ...ofRecord, cut: { ...ofRecord.cut, share: null } }).share, null)
})

test('a document that lacks something is refused by the name of the field, and told as nothing', () => {
  const refused = (document: object, why: RegExp) => assert.throws(() => certificateFigures({ ...document }), why)
  refused({ ...ofRecord, record: { rows: 400, wrong: 1 } }, /certificate c1 .*: record must have .*in_region/)
  refused({ ...ofRecord, upper: '0.08' }, /: upper must be number/)
  refused({ ...ofRecord, cut: { share: 1.5 } }, /: cut\.share/)
  refused({ ...ofModel, counts: { n: -1, accepted: 0, wrong: 0 } }, /: counts\.n must be >= 0/)
  // The fields of the one format are not those of the other.
  refused({ ...ofRecord, format: 'surety.certificate/1' }, /counts/)
})
