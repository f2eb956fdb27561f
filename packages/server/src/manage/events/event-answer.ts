import { type Answered, type FieldError, findingView, type JsonText, type ProblemCode } from '@surety/contract'
import { decisionShown, type Recorded } from './lead-answer.ts'

type ResultText = Extract<Answered<'recordEvents'>, { readonly status: 201 }>['text']
type Result = ResultText extends JsonText<infer Of> ? Of : never

const headOf = (eventResult: Recorded) =>
  ({
    event_id: eventResult.eventId,
    status: eventResult.status,
    ...(eventResult.status === 'duplicate' ? { duplicate: true } : {}),
    case_id: eventResult.caseId,
    recorded_at: eventResult.recordedAt.toISOString(),
  }) satisfies Partial<Result>
const tailOf = ({ findings, outcome, ignored }: Recorded) =>
  ({
    ...(findings !== undefined && { findings: findings.map(findingView) }),
    outcome,
    ignored_fields: ignored,
  }) satisfies Partial<Result>

/**
 * What became of one event. The decision of `main` stands there twice, alone and in the list of all; its text is the most of
 * the answer and is written once.
 */
export function resultText(eventResult: Recorded): ResultText {
  const { decision, decisions } = eventResult
  let main = 'null'
  let all = ''
  for (const one of decisions) {
    const text = JSON.stringify(decisionShown(one))
    if (one === decision) main = text
    all += `${all === '' ? '' : ','}{"question":${JSON.stringify(one.question)},${text.slice(1)}`
  }
  const head = JSON.stringify(headOf(eventResult)).slice(0, -1)
  const tail = JSON.stringify(tailOf(eventResult)).slice(1)
  return `${head},"decision":${main},"decisions":[${all}],${tail}` as ResultText
}

export function refusalText(
  event_id: string | null,
  code: ProblemCode,
  detail: string,
  errors: readonly FieldError[],
): ResultText {
  const refused: Result = { event_id, status: 'rejected', code, detail, ...(errors.length > 0 ? { errors } : {}) }
  return JSON.stringify(refused) as ResultText
}

/** One text for each event that was sent, in their order. */
export const batchText = (results: readonly ResultText[]) =>
  `{"items":[${results.join(',')}],"next":null}` as JsonText<{ readonly items: readonly Result[]; readonly next: null }>
