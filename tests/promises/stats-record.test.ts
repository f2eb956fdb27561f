import { recordPromises } from '../../packages/stats/src/testing/record-promises.ts'

// The record certificate against adversaries, in edge worlds and over whole lives; its tripwire.
recordPromises(process.env['SURETY_TEST_QUICK'] === '1' ? 'quick' : 'full')
