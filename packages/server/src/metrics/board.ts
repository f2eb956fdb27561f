import type { MetricSpec, Pod, Reason } from '@surety/contract'
import { catalogueOf } from './catalogue.ts'

/** Where a metric stands on the board; the first that fits. Every metric of the catalogue has a place. */
const areas: readonly (readonly [title: string, names: RegExp])[] = [
  ['Inbox', /^inbox_/],
  ['Autonomy', /^(?:autonomy|act)_/],
  ['Models and learning', /^(?:model_|lead_(?:model|retrain|labels|newest_label|oldest_case|conversion))/],
  [
    'Line',
    /^(?:lead_(?:ingested|decision|pending|conservation|pred|outcome|enrich_latency)|decision_|evaluation_|event_|tick_)/,
  ],
  ['What is read in texts', /^(?:lead_enrich|agent|pii|contacts)_/],
  ['Tasks, loops and audit log', /^(?:scheduler|loop|audit)_/],
  ['Database', /^(?:embedded_)?database_/],
  ['Doors', /^(?:http|errors|api)_/],
]

/** Ends of a decision that no person had a part in, certified or by the plain rule. */
const settled: readonly Reason[] = ['above_threshold_certified', 'certified_no', 'threshold_mode', 'below_threshold']

/** What whoever is woken looks at first. */
const first: readonly (readonly [title: string, expression: string])[] = [
  ['Alerts firing', 'count(ALERTS{alertstate="firing"}) or vector(0)'],
  ['Decisions of the last hour', 'sum(increase(lead_decision_total[1h]))'],
  [
    'Settled without a person, last hour',
    `sum(increase(lead_decision_total{reason=~"${settled.join('|')}"}[1h])) / sum(increase(lead_decision_total[1h]))`,
  ],
  ['Waiting in the inbox', 'sum(max by (pod, question) (inbox_open))'],
  ['Overdue', 'sum(max by (pod, question) (inbox_overdue))'],
  ['Actions suspended', 'sum(max by (pod, question, action) (autonomy_suspended))'],
  ['Unaccounted for', 'max(abs(lead_conservation_imbalance))'],
  ['Answers of 5xx a second', 'sum(rate(http_requests_total{status=~"5.."}[5m]))'],
]

const source = { type: 'prometheus', uid: '$datasource' } as const
const width = 24

interface Panel {
  readonly type: 'row' | 'stat' | 'timeseries'
  readonly title: string
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number }
  readonly [field: string]: unknown
}

/** deploy/grafana/surety.json: a board that Grafana (10 or newer) imports, with every metric of the catalogue. @throws Error for one without a place */
export function board(pods: readonly Pod[]): string {
  const metrics = Object.entries(catalogueOf(pods))
  const homeless = metrics.find(([name]) => areaOf(name) === undefined)
  if (homeless !== undefined) throw new Error(`the metric ${homeless[0]} has no place on the board (metrics/board.ts)`)
  const panels: Panel[] = []
  let y = 0
  const add = (title: string, own: readonly Omit<Panel, 'gridPos'>[], h: number, w: number): void => {
    panels.push({ type: 'row', title, collapsed: false, panels: [], gridPos: { h: 1, w: width, x: 0, y } })
    y++
    for (const [at, panel] of own.entries())
      panels.push({
        ...panel,
        gridPos: { h, w, x: (at * w) % width, y: y + h * Math.floor((at * w) / width) },
      } as Panel)
    y += h * Math.ceil((own.length * w) / width)
  }
  add('First', first.map(statOf), 4, 3)
  for (const [title] of areas) {
    const own = metrics.filter(([name]) => areaOf(name) === title)
    add(
      title,
      own.map(([name, spec]) => seriesOf(name, spec)),
      7,
      8,
    )
  }
  const body = {
    uid: 'surety',
    title: 'Surety',
    tags: ['surety'],
    schemaVersion: 39,
    editable: true,
    time: { from: 'now-24h', to: 'now' },
    refresh: '1m',
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }] },
    panels: panels.map((panel, at) => ({ id: at + 1, ...panel })),
  }
  return `${JSON.stringify(body, null, 2)}\n`
}

const areaOf = (name: string): string | undefined => areas.find(([, names]) => names.test(name))?.[0]

function statOf([title, expr]: readonly [string, string]): Omit<Panel, 'gridPos'> {
  const unit = expr.includes(' / ') ? 'percentunit' : 'short'
  return {
    type: 'stat',
    title,
    datasource: source,
    targets: [{ refId: 'A', expr, instant: true }],
    fieldConfig: { defaults: { unit }, overrides: [] },
  }
}

function seriesOf(name: string, spec: MetricSpec): Omit<Panel, 'gridPos'> {
  const expressions = expressionsOf(name, spec)
  const rate = spec.type === 'counter' ? ' A second, over five minutes.' : ''
  return {
    type: 'timeseries',
    title: name,
    description: `${spec.help}${rate}`,
    datasource: source,
    targets: expressions.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode(65 + at),
      expr,
      legendFormat: legend,
    })),
    fieldConfig: { defaults: { unit: unitOf(name) }, overrides: [] },
  }
}

/** Of several processes what each counted is summed, and what each read of the same database is one. */
function expressionsOf(name: string, { type, labels }: MetricSpec): readonly { expr: string; legend: string }[] {
  const by = (more: readonly string[] = []): string => {
    const all = [...more, ...labels]
    return all.length === 0 ? '' : ` by (${all.join(', ')})`
  }
  const legend = labels.map(label => `{{${label}}}`).join(' ')
  if (type === 'gauge') return [{ expr: `max${by()} (${name})`, legend: legend === '' ? name : legend }]
  if (type === 'counter')
    return [{ expr: `sum${by()} (rate(${name}[5m]))`, legend: legend === '' ? 'a second' : legend }]
  return [0.5, 0.99].map(share => ({
    expr: `histogram_quantile(${share}, sum${by(['le'])} (rate(${name}_bucket[5m])))`,
    legend: `p${share * 100}${legend === '' ? '' : ` ${legend}`}`,
  }))
}

function unitOf(name: string): string {
  if (name.endsWith('_seconds')) return 's'
  if (name.endsWith('_ts')) return 'dateTimeAsIso'
  return 'short'
}
