import type { ActionOverview, Answered } from '@surety/contract'
import type { ActionPlace } from './action-states.ts'
import type { Reader, Tx } from './db.ts'
import type { ModelPlace } from './model-scope.ts'
import { insertRow, insertRows, json, table, text, time } from './table.ts'

type Calibration = Answered<'getCalibration'>

/** What is kept of the rows of one model: how many by source, and by coverage in percent how the label sets did. */
export interface CalibrationFigures {
  readonly rows: Calibration['rows']
  readonly realised: { readonly [percent: string]: NonNullable<Calibration['realised']> }
}

const calibrationFigures = table('calibration_figures', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  digest: text('model_digest'),
  at: time('at'),
  body: json<CalibrationFigures>('body'),
})

/** What the rows of a model said at the last look at the labels; null: nobody has looked. */
export async function keptCalibrationFigures(
  db: Reader,
  { tenant, pod, question, digest }: ModelPlace,
): Promise<CalibrationFigures | null> {
  const { rows } = await db.query<{ body: CalibrationFigures }>({
    name: 'calibration_figures_kept',
    text: 'select body from calibration_figures where tenant_id = $1 and pod = $2 and question = $3 and model_digest = $4',
    values: [tenant, pod, question, digest],
  })
  return rows[0]?.body ?? null
}

/** Those of other models go: the look is always at the one that serves. */
export async function keepCalibrationFigures(
  db: Tx,
  { tenant, pod, question, digest }: ModelPlace,
  body: CalibrationFigures,
  at: Date,
): Promise<void> {
  await insertRow(
    db,
    calibrationFigures,
    { tenant, pod, question, digest, at, body },
    'on conflict (tenant_id, pod, question, model_digest) do update set at = excluded.at, body = excluded.body',
  )
  await db.query({
    name: 'calibration_figures_forget',
    text: 'delete from calibration_figures where tenant_id = $1 and pod = $2 and question = $3 and model_digest <> $4',
    values: [tenant, pod, question, digest],
  })
}

type AuditEstimate = ActionOverview['audit_estimate']

const auditEstimates = table('audit_estimates', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  action: text('action'),
  at: time('at'),
  body: json<AuditEstimate>('body'),
})

export async function keptAuditEstimate(
  db: Reader,
  { tenant, pod, question, action }: ActionPlace,
): Promise<AuditEstimate | null> {
  const { rows } = await db.query<{ body: AuditEstimate }>({
    name: 'audit_estimate_kept',
    text: 'select body from audit_estimates where tenant_id = $1 and pod = $2 and question = $3 and action = $4',
    values: [tenant, pod, question, action],
  })
  return rows[0]?.body ?? null
}

/** Of actions of one question. */
export async function keepAuditEstimates(
  db: Tx,
  { tenant, pod, question }: Omit<ActionPlace, 'action'>,
  estimates: readonly { readonly action: string; readonly body: AuditEstimate }[],
  at: Date,
): Promise<void> {
  await insertRows(
    db,
    auditEstimates,
    estimates.map(({ action, body }) => ({ tenant, pod, question, action, at, body })),
    'on conflict (tenant_id, pod, question, action) do update set at = excluded.at, body = excluded.body',
  )
}
