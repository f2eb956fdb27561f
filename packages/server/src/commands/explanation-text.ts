import type { Explanation } from '@surety/contract'

/** An explanation as a person reads it. */
export function explanationText(found: Explanation): string {
  return [
    ...standing(found),
    ...section('Why not automatic', found.why_not_automatic.map(conditionLine)),
    ...section('What would have changed that', found.would_flip),
    ...section('One value that alone would cross the threshold', found.single_changes.map(changeLine)),
    ...modelLines(found.explanation),
    ...section(
      'Since then',
      found.transitions.map(one => `${one.at}  ${one.from} -> ${one.state} (${one.reason}) by ${one.actor}`),
    ),
  ].join('\n')
}

function standing({ final, decided, probability, distance, interval, ...found }: Explanation): readonly string[] {
  const p = probability === null ? 'none' : six(probability)
  const bounds =
    interval.prediction_lower_bound === null
      ? `no bounds (${interval.reason})`
      : `[${six(interval.prediction_lower_bound)}, ${six(interval.prediction_upper_bound ?? 1)}]`
  const cut = distance.certified_cut === null ? 'no certificate' : `certified cut ${six(distance.certified_cut)}`
  return [
    `Case ${found.case_id} of ${found.pod}, decided ${found.recorded_at}: ${final.state}.`,
    `${final.reason}: ${final.reason_text}`,
    `Action ${decided.action}, mode ${decided.mode}, gate ${decided.gate}, policy ${decided.policy_version}, seen by a person with probability ${decided.propensity}.`,
    `Probability ${p}, ${bounds}, threshold ${distance.threshold}, ${cut}.`,
    ...(found.acting === undefined ? [] : [actingLine(found.acting)]),
  ]
}

/** Certificates go by another version than the one that serves. */
function actingLine({ model_version, probability, cannot, lower, upper }: NonNullable<Explanation['acting']>): string {
  const said = probability === null ? `could not say (${cannot})` : `said ${six(probability)}`
  const bounds = lower === null || upper === null ? 'no bounds' : `[${six(lower)}, ${six(upper)}]`
  return `Acted on is version ${model_version}, which ${said}, ${bounds}.`
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map(line => `  ${line}`)]

function conditionLine({ code, sentence, value, limit, distance }: Explanation['why_not_automatic'][number]): string {
  const numbers =
    value === null || limit === null ? '' : ` (${six(value)}, limit ${six(limit)}, ${six(distance ?? 0)} away)`
  return `${code}: ${sentence}${numbers}`
}

function changeLine({ feature, from, way, values }: Explanation['single_changes'][number]): string {
  const shown = values.map(valueText).join(', ')
  const words = { at_least: 'at least', at_most: 'at most', one_of: 'one of' }
  return `${feature}: ${words[way]} ${shown} instead of ${valueText(from)}`
}

function modelLines(explanation: Explanation['explanation']): readonly string[] {
  if (!explanation.available) return ['', explanation.sentence]
  const { base, margin, rest, features, sentence } = explanation
  const lines = features.map(
    one => `${signed(one.contribution)}  ${one.feature} = ${valueText(one.value)}, ${one.direction}`,
  )
  const total = `${signed(margin)}  together, from a base of ${signed(base)}; the other features ${signed(rest)}`
  return section(`What the score is made of, in log-odds. ${sentence.replace(/\.$/, '')}`, [...lines, total])
}

const six = (value: number): string => String(Math.round(value * 1e6) / 1e6)
const signed = (value: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`
const valueText = (value: string | number | boolean | null): string =>
  value === null ? 'missing' : typeof value === 'number' ? six(value) : String(value)
