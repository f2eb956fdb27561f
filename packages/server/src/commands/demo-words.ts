import type { JsonObject } from '@surety/contract'
import type { Arrived } from '../app/open-demo.ts'
import type { App } from '../app.ts'
import type { HistoryItem } from '../replay/world.ts'
import { type ActionFigures, actionFigures } from '../report/figures/autonomy-figures.ts'
import type { BudgetRun, ReportInput } from '../report/report-input.ts'

/** What the history showed, for who knows no statistics. @param minutesPerCase what a case costs a person who is asked */
export function inWords(run: BudgetRun, minutesPerCase: number): readonly string[] {
  const acted = actionFigures(run).filter(({ acted: n }) => n > 0)
  const settled = acted.reduce((sum, { acted: n }) => sum + n, 0)
  if (settled === 0)
    return [
      `Nothing was settled without a person: no promise could be certified for these ${count(run.decisions)} cases, so all were asked.`,
    ]
  return [
    `${percent(settled / run.decisions)} of ${count(run.decisions)} cases were settled without a person: ${acted.map(kept).join('; ')}.`,
    `At ${minutesPerCase} minutes a case that is ${count(Math.round((settled * minutesPerCase) / 60))} hours of people's time.`,
  ]
}

/** Where only the yes are ever reported: who told how a case ended. @param days of silence, after which it says no */
export function whoTold({ outcome }: Pick<ReportInput, 'outcome'>, days: number): string {
  const [yes, no] = [1, 0].map(label => outcome.filter(told => told === label).length) as [number, number]
  const after = days === 1 ? 'a day' : `${days} days`
  return `Only the ${count(yes)} who bought were ever reported: of the other ${count(no)} nothing was heard for ${after}, and silence told their outcome (OUTCOME_WINDOW_DAYS ${days}).`
}

function kept({ action, alpha, realised, kept: isKept }: ActionFigures): string {
  const promised = `promised at most ${percent(alpha)}`
  if (realised === null) return `${action}, ${promised}, no outcome known yet`
  return `${action} was wrong in ${percent(realised.value)}, ${promised}${isKept ? '' : ' (promise not kept)'}`
}

/** What is there to do now. */
export function nowWaiting(arrived: number, { settled, asked, audits }: Arrived): string {
  const said = `The last ${arrived} of the file have just come in: ${settled} were settled, ${asked} wait in the inbox`
  if (audits === 0) return `${said}.`
  const drawn =
    audits === 1 ? 'one was drawn for a blind audit and waits' : `${audits} were drawn for a blind audit and wait`
  return `${said}; ${drawn} there too, unmarked.`
}

/** Commands to try, as they are typed. @param like a case whose attributes a new lead has */
export function tryLines(address: string, app: App, like: HistoryItem): readonly string[] {
  const key = `-H 'x-api-key: ${app.firstKey}'`
  const json = `-H 'content-type: application/json'`
  const { attributes = {} } = like.ask.data as JsonObject
  const lead = { name: 'Ada Demo', email: 'ada.demo@example.invalid', details: 'Please call me back', attributes }
  return [
    `Surety serves on ${address} (API reference: ${address}/docs). Its clock runs on from ${app.now().toISOString()}.`,
    'Try:',
    '  # a new lead: the decision, its probability and why',
    `  curl -s ${address}/v1/lead ${key} ${json} -d '${JSON.stringify(lead).replaceAll("'", "'\\''")}'`,
    '  # the next case that waits for you: those first that unlock the next certificate',
    `  curl -s -X POST ${address}/v1/inbox/next ${key} ${json} -d '{"order":"unlock"}'`,
    '  # what may be settled without a person, how far, and what it rests on',
    `  curl -s ${address}/ops/autonomy ${key}`,
    'Ctrl-C ends it.',
  ]
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const count = (value: number): string => value.toLocaleString('en')
