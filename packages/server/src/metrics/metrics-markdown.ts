import type { Pod } from '@surety/contract'
import { catalogueOf } from './catalogue.ts'

/** docs/metrics.md. */
export function metricsMarkdown(pods: readonly Pod[]): string {
  const rows = Object.entries(catalogueOf(pods)).map(([name, { type, help, labels, later }]) => {
    const said = later === undefined ? help : `${help} Appears ${later}.`
    return `| \`${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(', ')} | ${said} |`
  })
  return [
    '# Metrics',
    '',
    'What `GET /metrics` shows. Every series whose labels are known beforehand is there at 0 from the start, so that an alert can',
    'count on it; what appears later says so. Labels hold neither ids nor personal data. `question` is `main` for a pod that asks',
    'one thing, and `*` where what is counted belongs to a whole pod of several questions: the inbox, and the states of an hour.',
    'Names that begin with `lead_` speak of leads and have no `pod`.',
    '',
    '| Name | Type | Labels | Meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
