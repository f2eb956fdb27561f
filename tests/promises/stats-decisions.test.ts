import { decisionPromises } from '../../packages/stats/src/testing/decision-promises.ts'

// 6.7 to 6.9: rollback, promotion and experiments keep their error rates.
decisionPromises(process.env['SURETY_TEST_QUICK'] === '1' ? 'quick' : 'full')
