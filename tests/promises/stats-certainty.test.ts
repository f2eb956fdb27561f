import { certaintyPromises } from '../../packages/stats/src/testing/certainty-promises.ts'

// Calibration, label sets, certified thresholds and the tripwire; the subset of every `npm test` is beside the code.
certaintyPromises(process.env['SURETY_TEST_QUICK'] === '1' ? 'quick' : 'full')
