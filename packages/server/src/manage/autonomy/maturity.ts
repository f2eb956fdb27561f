import { placeOf, type Question } from '@surety/contract'
import { delayLaw, maturityAge } from '@surety/stats'
import type { Reader, Tx } from '../../store/db.ts'
import { fewestLabelled, keepRule, keptRule, type MaturityRule, sampledDelays } from '../../store/maturities.ts'
import { latestSetting } from '../../store/settings.ts'

/** Share of outcomes that must have come by then. */
const maturityLevel = 0.95
const dayMs = 86_400_000

type MaturingQuestion = Pick<Question, 'pod' | 'name' | 'maturityDays' | 'maturityFloorDays'>

/**
 * Learns the delay of outcomes from a sample of decisions, open ones censored: leaving those out would call the slow
 * outcomes fast. Outcomes that are imported, or that arrive with their case, are left out, since they say when somebody wrote
 * and not when a case was settled. Whatever is learned, nothing is settled before the floor: what comes first is mostly of one label.
 */
export async function maturityRule(
  db: Tx,
  tenant: string,
  question: MaturingQuestion,
  now: Date,
): Promise<MaturityRule> {
  const kept = await keptRule(db, tenant, placeOf(question), now)
  const rule = kept ?? (await learnRule(db, tenant, question, now))
  if (kept === null) await keepRule(db, tenant, placeOf(question), rule, now)
  return { ...rule, ms: Math.max(rule.ms, (await floorDays(db, tenant, question)) * dayMs) }
}

/** What was saved for the tenant holds, else what the pod declares. */
async function floorDays(db: Reader, tenant: string, question: MaturingQuestion): Promise<number> {
  const saved = (await latestSetting(db, tenant, placeOf(question), 'policy'))?.['maturity_floor_days']
  return typeof saved === 'number' ? saved : (question.maturityFloorDays ?? 0)
}

async function learnRule(db: Tx, tenant: string, question: MaturingQuestion, now: Date): Promise<MaturityRule> {
  const found = await sampledDelays(db, tenant, placeOf(question), now)
  const ages = Float64Array.from(found, row => Math.max(0, Number(row.labelledAt ?? now) - Number(row.decidedAt)))
  const settled = Uint8Array.from(found, row => (row.labelledAt === null ? 0 : 1))
  const labelled = settled.reduce((sum, one) => sum + one, 0)
  const known = { n: found.length, labelled }
  const byDefault = { ms: question.maturityDays * dayMs, method: 'pod_default', ...known } as const
  if (labelled < fewestLabelled) return byDefault
  const law = delayLaw(ages, settled)
  const found95 = law.ok ? maturityAge(law, maturityLevel) : law
  return found95.ok ? { ms: found95.age, method: 'delay_law', ...known } : byDefault
}

/**
 * Cases decided up to then are learned from, whatever their label: of younger ones those are known that were quick, and they are
 * mostly of one label. Where nearly all outcomes arrive with their case there is nothing to wait for.
 */
export async function learnableUntil(db: Tx, tenant: string, question: MaturingQuestion, now: Date): Promise<Date> {
  const { ms, labelled } = await maturityRule(db, tenant, question, now)
  return labelled < fewestLabelled ? now : new Date(now.getTime() - ms)
}

/**
 * The age alone, in milliseconds.
 * @param known what the same look found before: it is one for all its steps
 */
export const maturityMs = async (
  db: Tx,
  tenant: string,
  question: MaturingQuestion,
  now: Date,
  known?: number,
): Promise<number> => known ?? (await maturityRule(db, tenant, question, now)).ms
