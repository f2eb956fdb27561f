import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { exampleModel } from '../packages/server/src/model/example-model.ts'
import { makeSigningKey, signModel } from '../packages/server/src/model/signature.ts'
import { forgetInstallationKeys } from '../packages/server/src/store/installation-keys.ts'
import { startWorld } from '../packages/server/src/testing/start-world.ts'

const rulesFile = 'deploy/prometheus_alerts.yml'
const testFiles = ['deploy/prometheus_alerts.test.yml', 'deploy/prometheus_alerts_days.test.yml']

interface Rule {
  readonly name: string
  readonly text: string
}

/** Both files are written in one plain form, one key a line: a rule begins with its name. */
const rules: readonly Rule[] = readFileSync(rulesFile, 'utf8')
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map(text => ({ name: text.slice(0, text.indexOf('\n')), text }))
const cases = testFiles.flatMap(file =>
  readFileSync(file, 'utf8')
    .split(/^ {2}- name: /m)
    .slice(1),
)
const textOf = (text: string, key: string): string | undefined => new RegExp(`^ +${key}: (.+)$`, 'm').exec(text)?.[1]

/** Metrics that an expression reads: neither its functions, nor labels, nor what it groups by. */
const metricsOf = (expression: string): readonly string[] => {
  const bare = expression.replaceAll(/\{[^}]*\}/g, '').replaceAll(/by \([^)]*\)/g, '')
  return [...bare.matchAll(/\b[a-z]+(?:_[a-z]+)+\b(?! *\()/g)].map(match => match[0])
}

test('every rule says how bad it is, what it is about and what to do, with a page that has that heading', () => {
  assert.ok(rules.length >= 15)
  const headings = [...readFileSync('docs/alerts.md', 'utf8').matchAll(/^## (\w+)$/gm)].map(match => match[1])
  // One name may stand for two degrees of one thing.
  assert.deepEqual(headings, [...new Set(rules.map(rule => rule.name))])
  for (const { name, text } of rules) {
    assert.match(textOf(text, 'severity') ?? '', /^(critical|warning|info)$/, name)
    assert.match(textOf(text, 'for') ?? '', /^\d+[mh]$/, name)
    for (const key of ['expr', 'component', 'summary', 'description']) assert.ok(textOf(text, key), `${name} ${key}`)
    assert.equal(textOf(text, 'runbook_url'), `docs/alerts.md#${name.toLowerCase()}`)
  }
})

test('every rule has a test in which it fires and one in which it stays quiet', () => {
  for (const { name, text: rule } of rules) {
    const own = cases.filter(text => textOf(text, 'alertname') === name)
    const quiet = own.filter(text => /^ +exp_alerts: \[\]$/m.test(text))
    const firing = own.filter(text => /^ +exp_alerts:\n +- exp_labels:/m.test(text))
    assert.ok(quiet.length >= 1, `${name} has no quiet test`)
    const degree = textOf(rule, 'severity')
    const asBad = firing.filter(text => textOf(text, 'severity') === degree)
    assert.ok(asBad.length >= 1, `${name} has no firing test as ${degree}`)
    assert.equal(quiet.length + firing.length, own.length, name)
  }
})

/** A metric with what its labels must match, as an expression names it. */
interface Selector {
  readonly metric: string
  readonly matchers: readonly { readonly label: string; readonly fits: (value: string) => boolean }[]
}

function selectorsOf(expression: string): readonly Selector[] {
  const bare = expression.replaceAll(/by \([^)]*\)/g, '')
  return [...bare.matchAll(/\b([a-z]+(?:_[a-z]+)+)\b(?! *\()(?:\{([^}]*)\})?/g)]
    .filter(([, metric]) => metricsOf(expression).includes(metric!))
    .map(([, metric, inner = '']) => ({ metric: metric!, matchers: matchersOf(inner) }))
}

function matchersOf(text: string): Selector['matchers'] {
  return [...text.matchAll(/(\w+)(=~|=)"([^"]*)"/g)].map(([, label, how, value]) => {
    const pattern = new RegExp(`^(?:${value})$`)
    return { label: label!, fits: (given: string) => (how === '=' ? given === value : pattern.test(given)) }
  })
}

/** What says something only after something happened: until then silence is the truth. */
const absentAtFirst = new Set(['audit_chain_ok', 'tick_lag_seconds'])

test('every series that a rule counts on is there at 0 from the start, else its first event is never counted', async () => {
  await using world = await startWorld({ jobs: true })
  const { text } = await world.call('/metrics', { key: null })
  const series = [...text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)].map(([, metric, inner = '']) => ({
    metric,
    labels: new Map([...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label!, value!] as const)),
  }))
  for (const { name, text: rule } of rules) {
    const selectors = selectorsOf(textOf(rule, 'expr') ?? '')
    assert.ok(selectors.length > 0, name)
    for (const { metric, matchers } of selectors) {
      const fits = (labels: ReadonlyMap<string, string>): boolean =>
        matchers.every(({ label, fits }) => fits(labels.get(label) ?? ''))
      const found = series.some(one => one.metric === metric && fits(one.labels))
      assert.equal(found, !absentAtFirst.has(metric), `${name} reads ${metric}`)
      assert.match(text, new RegExp(`^# TYPE ${metric.replace(/_(bucket|count|sum)$/, '')} `, 'm'))
    }
  }
})

test('every kind of personal data and every word for an outcome has its series before the first one', async () => {
  await using world = await startWorld()
  const { text } = await world.call('/metrics', { key: null })
  for (const surface of ['conversation', 'notes'])
    for (const type of ['EMAIL', 'CARD', 'SSN', 'PHONE'])
      assert.match(text, new RegExp(`^pii_redactions_total\\{type="${type}",surface="${surface}"\\} 0$`, 'm'))
  for (const outcome of ['booked', 'ghosted', 'spam'])
    for (const source of ['reported', 'window', 'imported'])
      assert.match(text, new RegExp(`^lead_outcome_total\\{outcome="${outcome}",source="${source}"\\} 0$`, 'm'))
})

test('promtool runs the tests of the rules', context => {
  const said = promtool(context, testFiles)
  if (said !== null) assert.equal(said.status, 0, said.text)
})

test('what the service itself shows makes a rule fire, and stops it when the cause is gone', async context => {
  const { key, text } = makeSigningKey()
  const [dataKey, piiRoot] = [randomBytes(32), randomBytes(32)]
  const env = { DATA_KEY: dataKey.toString('base64'), PII_KEY: piiRoot.toString('base64') }
  await using served = await startWorld({ env: { ...env, MODEL_SIGNING_KEY: text } })
  const model = signModel(exampleModel({ metrics: { auc: 0.8, auc_ci: [0.7, 0.9], n_train: 523 } }), key)
  const loaded = await served.call('/ops/reload-model', { body: model })
  assert.equal(loaded.status, 200, loaded.text)
  await served.app.refreshFigures()
  const withModel = seriesOf((await served.call('/metrics', { key: null })).text)
  // Started again with another key, which the model that was active is not signed with.
  const { database } = served
  const other = { dataKeys: [dataKey], piiRoot, modelSigningKey: makeSigningKey().text }
  await served.app.db.transaction([], tx => forgetInstallationKeys(tx, 'signing_key'))
  await using robbed = await startWorld({ env: { ...env, MODEL_SIGNING_KEY: other.modelSigningKey }, database })
  const without = seriesOf((await robbed.call('/metrics', { key: null })).text)
  await using fresh = await startWorld()
  const never = seriesOf((await fresh.call('/metrics', { key: null })).text)
  const folder = await mkdtemp(join(tmpdir(), 'surety-alerts-'))
  try {
    // Ten minutes in which a scrape every minute found what the service said at that moment.
    const cases = [
      { name: 'a new installation', moments: Array.from({ length: 11 }, () => never), fires: false },
      { name: 'without the model it had', moments: Array.from({ length: 11 }, () => without), fires: true },
      { name: 'with a model', moments: Array.from({ length: 11 }, () => withModel), fires: false },
      {
        name: 'a model came in time',
        moments: Array.from({ length: 11 }, (_, k) => (k < 3 ? without : withModel)),
        fires: false,
      },
    ]
    const files = await Promise.all(
      cases.map(async ({ moments, fires }, k) => {
        const file = join(folder, `scrape-${k}.yml`)
        await writeFile(file, ruleTest(moments, 'LeadModelNotLoaded', fires))
        return file
      }),
    )
    for (const [k, file] of files.entries()) {
      const said = promtool(context, [file])
      if (said === null) return
      assert.equal(said.status, 0, `${cases[k]!.name}: ${said.text}`)
    }
    // The test of the test: with the opposite expectation it fails.
    const wrong = join(folder, 'wrong.yml')
    await writeFile(wrong, ruleTest(cases[1]!.moments, 'LeadModelNotLoaded', false))
    assert.notEqual(promtool(context, [wrong])?.status, 0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** Series of a scrape with their values, as promtool names them. */
function seriesOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map(line => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), line.slice(end + 1)]
    }),
  )
}

/** A test of promtool: one sample a minute from each moment, every series that any of them has, the rules of the repository. */
function ruleTest(moments: readonly ReadonlyMap<string, string>[], alert: string, fires: boolean): string {
  const names = [...new Set(moments.flatMap(series => [...series.keys()]))]
  const rule = rules.find(({ name }) => name === alert)
  assert.ok(rule, `there is no rule ${alert}`)
  const quoted = (key: string) => JSON.stringify((textOf(rule.text, key) ?? '').replace(/^"(.*)"$/, '$1'))
  const series = names.map(name => ({
    series: name,
    values: moments.map(moment => moment.get(name) ?? '_').join(' '),
  }))
  const expected = fires
    ? [
        {
          exp_labels: { severity: textOf(rule.text, 'severity'), component: textOf(rule.text, 'component') },
          exp_annotations: Object.fromEntries(
            ['summary', 'description', 'runbook_url'].map(key => [key, JSON.parse(quoted(key))]),
          ),
        },
      ]
    : []
  // JSON is YAML.
  return JSON.stringify({
    rule_files: [resolve(rulesFile)],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: series,
        alert_rule_test: [{ eval_time: '10m', alertname: alert, exp_alerts: expected }],
      },
    ],
  })
}

/** Null where promtool is missing: a note for newcomers, never in CI. */
function promtool(context: TestContext, files: readonly string[]): { status: number | null; text: string } | null {
  const found = spawnSync('promtool', ['test', 'rules', ...files], { encoding: 'utf8' })
  if (found.error === undefined) return { status: found.status, text: `${found.stdout}${found.stderr}` }
  assert.notEqual(process.env['CI'], 'true', 'promtool is not on the PATH, and in CI its tests are never skipped')
  context.skip('promtool is not on the PATH (Debian package prometheus)')
  return null
}
