import { binomialCdf } from '@surety/stats'

/** Share of chance that a promise is held broken where it was kept. */
const level = 0.01

/**
 * false: so many wrong ones are more than chance allows at the 1 % level where each is wrong with chance alpha.
 * @param acts acts with a known outcome, whole number
 */
export const promiseKept = (wrong: number, acts: number, alpha: number): boolean =>
  wrong === 0 || 1 - binomialCdf(wrong - 1, acts, alpha) >= level
