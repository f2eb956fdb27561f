import { problems } from '../errors.ts'

/** The error registry as a table for `docs/errors.md`, ordered by status, then by code. */
export function problemsMarkdown(): string {
  const rows = Object.entries(problems)
    .sort(([a, x], [b, y]) => x.status - y.status || (a < b ? -1 : 1))
    .map(([code, { status, title, sentence }]) => `| ${status} | \`${code}\` | ${title} | ${sentence} |`)
  return [
    '# Errors',
    '',
    'Every refusal is `application/problem+json` (RFC 9457): `type` is `urn:surety:problem:<code>`, `code` is what a program',
    'should look at, `detail` is for people, `request_id` finds the log line, `errors[]` names the wrong fields.',
    '',
    '| Status | Code | Title | What it means |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
