import { type LineSpec, lines } from './catalogue.ts'

/** docs/logs.md. */
export function logsMarkdown(): string {
  const all: readonly [string, LineSpec][] = Object.entries(lines)
  return [
    '# Log lines',
    '',
    'The service writes JSON lines to stderr: `level` (30 info, 40 warn, 50 error), `time` (milliseconds since 1970), `pid`, `hostname`, `event` (the name, which stays as it is),',
    '`msg` (the sentence) and the fields below. `LOG_LEVEL` says from which level on. Nothing that a person wrote, and nothing that names one, is in a line.',
    '',
    'A failure that repeats is written at most 20 times a minute, an outage once; `more` says how many like it were not written since the line before.',
    'There is no line per request: [metrics.md](metrics.md) counts them. What people and administrators did is in the [audit log](audit.md).',
    '',
    '```',
    `journalctl -u surety -o cat | grep '"event":"task_failed"'`,
    '```',
    '',
    '| `event` | Level | Means |',
    '|---|---|---|',
    ...all.map(([name, { level, says }]) => `| [\`${name}\`](#${name}) | ${level} | ${says} |`),
    '',
    ...all.flatMap(([name, { level, says, fields, todo }]) => [
      `## ${name}`,
      '',
      `${level[0]!.toUpperCase()}${level.slice(1)}: ${says}.`,
      '',
      ...Object.entries(fields).map(([field, means]) => `- \`${field}\`: ${means}`),
      ...(Object.keys(fields).length === 0 ? [] : ['']),
      `What to do: ${todo}`,
      '',
    ]),
  ].join('\n')
}
