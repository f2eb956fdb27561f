import { driftPromises } from '../../packages/stats/src/testing/drift-promises.ts'

// 6.5, the martingale half of 6.6, label-free estimates and delayed labels.
driftPromises(process.env['SURETY_TEST_QUICK'] === '1' ? 'quick' : 'full')
