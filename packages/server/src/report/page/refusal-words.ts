import type { Refusal } from '@surety/stats'

const sentences: Partial<Record<Refusal['code'], string>> = {
  empty: 'no decision has both a score and a known outcome',
  one_class: 'all known outcomes are the same, and ranking needs both',
  constant: 'all scores are equal',
  separated: 'the scores separate the outcomes perfectly, so a slope has no end',
}

/** Why a number is missing, as the end of a sentence. */
export const whyNot = (refusal: Refusal): string => sentences[refusal.code] ?? refusal.detail
