import {
  type EventResult,
  outcomeWords,
  type Pod,
  questionOfAction,
  type RawEvent,
  reasons,
  states,
} from '@surety/contract'
import { piiTypes } from '@surety/pii'
import type { Registry } from 'prom-client'
import type { Arrived, Decided, Judged } from '../pipeline/item.ts'
import type { EventMap, Listens, Moved } from '../runtime/events.ts'
import { podMetrics } from './pod-metrics.ts'
import { counter, gauge, histogram, tally } from './register.ts'

/** The pods of this installation, and which of them a kind of event belongs to. */
export interface PodsHere {
  readonly pods: readonly Pod[]
  podOf(kind: string): Pod | undefined
  podNamed(name: string): Pod
}

/** A label is one of the pod's own words: a sender's own word counts as the pod's first one with the same label. */
function wordOf({ pod, event }: Arrived): string {
  const { outcome, label } = event.outcome!
  const words = outcomeWords(pod)
  return Object.hasOwn(words, outcome) ? outcome : (Object.keys(words).find(word => words[word] === label) ?? 'unknown')
}

export interface LineMetrics {
  readonly listens: Listens
  observe(items: readonly (Arrived | Judged | Decided)[], eventResults: readonly EventResult[]): void
  refuse(refused: EventMap['batch.refused']): void
  /** Counts what became of cases after their decision, after the commit. */
  moved(moves: readonly Moved[]): void
  /** Two accounts of one batch that must agree: what the senders were told, and what the recorder committed. */
  settle(raws: readonly RawEvent[], eventResults: readonly EventResult[], committedDecisions: number): void
}

/**
 * Metrics of what went through the line, counted after the commit. Paths and ids are never labels.
 * @param lost decisions that the hourly account of the tables could not account for
 */
export function lineMetrics(
  registry: Registry,
  { pods, podOf, podNamed }: PodsHere,
  pending: () => number,
  lost: () => number = () => 0,
): LineMetrics {
  const ingested = tally(registry, 'lead_ingested_total', 'result')
  const decided = tally(registry, 'lead_decision_total', 'state', 'reason')
  const transitions = counter(registry, 'decision_transition_total')
  const predicted = tally(registry, 'lead_pred_total', 'result')
  const probability = histogram(registry, 'lead_pred_prob').labels({})
  const outcomes = tally(registry, 'lead_outcome_total', 'outcome', 'source')
  const redactions = tally(registry, 'pii_redactions_total', 'type', 'surface')
  const texts = tally(registry, 'pii_text_items_total', 'surface')
  const evaluations = tally(registry, 'evaluation_total', 'pod', 'code', 'result')
  const failedOn = tally(registry, 'event_failed_total', 'pod')
  const ofPods = podMetrics(registry, pods)
  const tallies = [ingested, decided, predicted, outcomes, redactions, texts, evaluations, failedOn, ofPods]
  let accepted = 0
  let ended = 0
  gauge(registry, 'lead_pending', pending)
  // Two faults must not cancel out.
  gauge(registry, 'lead_conservation_imbalance', () =>
    lost() === 0 ? accepted - ended : Math.abs(accepted - ended) + lost(),
  )
  for (const result of ['accepted', 'duplicate', 'refused']) ingested.zero(result)
  for (const result of ['ok', 'no_model', 'error']) predicted.zero(result)
  for (const state of states) decided.zero(state, reasons[0]!)
  for (const surface of ['conversation', 'notes']) {
    texts.zero(surface)
    for (const type of piiTypes) redactions.zero(type, surface)
  }
  for (const { name, detectors } of pods) {
    failedOn.zero(name)
    for (const { code } of detectors)
      for (const result of ['fired', 'quiet', 'unknown']) evaluations.zero(name, code, result)
  }
  for (const pod of pods)
    for (const outcome of Object.keys(outcomeWords(pod)))
      for (const source of ['reported', 'window', 'imported']) outcomes.zero(outcome, source)

  const metrics: Omit<LineMetrics, 'listens'> = {
    refuse(refused) {
      for (const {
        raw: { kind },
        result,
      } of refused) {
        const pod = podOf(kind)
        if (pod?.asked.has(kind) === true) ingested.add('refused')
        if (pod !== undefined && result.status === 'rejected' && result.code === 'internal') failedOn.add(pod.name)
      }
      ingested.flush()
      failedOn.flush()
    },
    moved(moves) {
      for (const { pod, action, from, to, reason } of moves)
        transitions.inc({ pod, question: questionOfAction(podNamed(pod), action).name, from, to, reason })
    },
    settle(raws, eventResults, committedDecisions) {
      ended += committedDecisions
      for (const [i, { kind }] of raws.entries())
        if (eventResults[i]?.status === 'recorded') accepted += askedBy(kind, eventResults[i])
    },
    observe(items, eventResults) {
      for (let i = 0; i < items.length; i++) {
        const item = items[i]!
        const eventResult = eventResults[i]!
        countTexts(item)
        if ('evaluations' in item && eventResult.status === 'recorded') countEvaluations(item)
        if (eventResult.status === 'rejected' && eventResult.code === 'internal') failedOn.add(item.pod.name)
        // What answers or belongs to a case asks nothing.
        if (eventResult.status !== 'recorded') {
          const result = eventResult.status === 'rejected' ? 'refused' : 'duplicate'
          if (item.questions.length > 0) ingested.add(result)
        } else if (item.kind.belongs === 'outcome') outcomes.add(wordOf(item), item.event.outcome!.source)
        else if (item.questions.length > 0) countDecision(item, eventResult)
      }
      for (const counted of tallies) counted.flush()
    },
  }
  return {
    ...metrics,
    listens: {
      'batch.committed': ({ items, eventResults }) => metrics.observe(items, eventResults),
      'batch.refused': metrics.refuse,
      'batch.settled': ({ raws, eventResults, committed }) => metrics.settle(raws, eventResults, committed),
      'cases.moved': metrics.moved,
    },
  }

  /** How many decisions an event of this kind comes to; where that follows from what it says, as many as its sender was told. */
  function askedBy(kind: string, result: EventResult | undefined): number {
    const pod = podOf(kind)
    const questions = pod?.asked.get(kind) ?? []
    if (!questions.some(({ about }) => about !== undefined)) return questions.length
    return result?.status === 'recorded' ? result.decisions.length : 0
  }

  function countDecision(item: Arrived | Decided, eventResult: Exclude<EventResult, { status: 'rejected' }>): void {
    ingested.add('accepted')
    if (!('verdict' in item)) return
    ofPods.add(item.pod, item.enrichment, item.raw.route)
    for (const { state, reason, score, actingVersion } of eventResult.decisions) {
      // Where few come a series of its own would tell, by the time at which it moves, which of them is an audit.
      decided.add(state, reason === 'blind_audit' ? 'uncertain' : reason)
      const p = score.probability
      predicted.add(p !== null ? 'ok' : score.modelVersion === null && actingVersion === null ? 'no_model' : 'error')
      if (p !== null) probability.observe(p)
    }
  }

  function countEvaluations({ pod, evaluations: measured, unknowns }: Judged): void {
    for (const { code, fired } of measured) evaluations.add(pod.name, code, fired ? 'fired' : 'quiet')
    for (const { code } of unknowns) evaluations.add(pod.name, code, 'unknown')
  }

  function countTexts(item: Arrived): void {
    const surface = item.kind.belongs === 'outcome' ? 'notes' : 'conversation'
    const { text, message, outcome } = item.event
    if ((text ?? message?.text ?? outcome?.notes ?? '').trim() !== '') texts.add(surface)
    if (item.pii === null) return
    for (const type of Object.values(item.pii)) redactions.add(type, surface)
  }
}
