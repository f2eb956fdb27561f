import {
  type Answered,
  type Decision,
  type FieldError,
  findingView,
  type JsonText,
  type ProblemCode,
  ruleVersionOf,
} from '@surety/contract'
import { decisionShown, noneUnseen, type Recorded, type Unseen } from './lead-answer.ts'

type ResultText = Extract<Answered<'recordEvents'>, { readonly status: 201 }>['text']
type Result = ResultText extends JsonText<infer Of> ? Of : never

/**
 * What became of one event. The decision of `main` stands there twice, alone and in the list of all; its text is the most of
 * the answer and is written once.
 */
export function resultText(eventResult: Recorded, unseen: Unseen = noneUnseen): ResultText {
  const { eventId, status, caseId, recordedAt, decision, decisions, findings, outcome, ignored } = eventResult
  let main = 'null'
  let all = ''
  for (const one of decisions) {
    const withheld = unseen.has(one.caseId)
    const text = JSON.stringify(decisionShown(one, withheld))
    if (one === decision) main = text
    all += `${all === '' ? '' : ','}{"question":${JSON.stringify(one.question)},${hangsText(one, withheld)}${withheld ? '' : ruleText(one)}${text.slice(1)}`
  }
  const duplicate = status === 'duplicate' ? ',"duplicate":true' : ''
  const head = `{"event_id":${JSON.stringify(eventId)},"status":"${status}"${duplicate},"case_id":${JSON.stringify(caseId)}`
  const decided = `"recorded_at":"${recordedAt.toISOString()}","decision":${main},"decisions":[${all}]`
  const found = findings === undefined ? '' : `"findings":${JSON.stringify(findings.map(findingView))},`
  const tail = `${found}"outcome":${JSON.stringify(outcome)},"ignored_fields":${JSON.stringify(ignored)}}`
  return `${head},${decided},${tail}` as ResultText
}

/** About whom it was asked and on which case it hangs, where cases have a life of their own. */
function hangsText({ hung: happened, questionSubject, caseId }: Decision, withheld: boolean): string {
  // That a case was raised may follow from the score.
  const hung = withheld && happened === 'raised' ? 'joined' : happened
  if (hung === null && questionSubject === '') return ''
  const said = { about: questionSubject === '' ? null : questionSubject, case_id: caseId === '' ? null : caseId, hung }
  return `${JSON.stringify(said).slice(1, -1)},`
}

function ruleText(decision: Decision): string {
  const version = ruleVersionOf(decision)
  return version === null ? '' : `"rule_version":${version},`
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
