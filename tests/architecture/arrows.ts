/** Who may import what. One row a zone; the first row whose pattern fits a path is its zone. */
export interface Zone {
  readonly name: string
  readonly path: RegExp
  /** Zones that may be imported. A zone may always import itself; '*' is everything of ours. */
  readonly may: readonly string[]
  /** Zones of which only types may be imported (`import type`). */
  readonly mayTypes?: readonly string[]
  /** Packages from outside; '*' is any. */
  readonly packages: readonly string[]
  /** Modules of Node; '*' is any. */
  readonly node: readonly string[]
}

const server = (path: string) => new RegExp(`^packages/server/src/${path}`)
const pureStages = ['detect', 'attach', 'features', 'score', 'interval', 'decide']
const otherStages = ['ingest', 'recall', 'enrich', 'record', 'act', 'outcome', 'learn']
const stages = [...pureStages, ...otherStages]
const slices = '[^/]+'

/** What a stage needs beyond the usual, each an arrow that was decided (docs/decisions/0008). */
const extra: Readonly<Record<string, readonly string[]>> = {
  score: ['model'],
  learn: ['model'],
  ingest: ['pii'],
  // What is asked of the past follows from what the rules look at.
  recall: ['detect'],
  // What a batch leaves of state and cases is written with it.
  record: ['attach', 'detect'],
  'manage/models': ['model', 'runtime'],
  'manage/autonomy': ['model'],
  'manage/explain': ['model'],
  'manage/receipts': ['model'],
  // Files that people bring and take.
  'manage/reports': ['csv'],
  'manage/entities': ['csv'],
  'transport/http': ['csv'],
  // What a start is refused with.
  'manage/cases': ['config'],
  // Loops, visits of all tenants, and the rules of what recurs.
  'manage/tasks': ['runtime'],
  'manage/audit': ['model', 'runtime'],
}

const more = (name: string) => extra[name] ?? []

export const zones: readonly Zone[] = [
  { name: 'stats', path: /^packages\/stats\//, may: [], packages: [], node: ['worker_threads'] },
  { name: 'pii', path: /^packages\/pii\//, may: [], packages: ['libphonenumber-js'], node: ['crypto'] },
  { name: 'contract', path: /^packages\/contract\//, may: [], packages: ['typebox'], node: ['crypto'] },
  { name: 'console', path: /^packages\/console\//, may: ['contract'], packages: ['*'], node: [] },

  { name: 'errors', path: server('errors\\.ts$'), may: ['contract'], packages: [], node: [] },
  // What doors and slices check of a request, whatever brought it.
  { name: 'request', path: server('request/'), may: ['contract', 'errors'], packages: ['typebox'], node: ['crypto'] },
  { name: 'config', path: server('config/'), may: [], packages: ['typebox'], node: ['*'] },
  // Names, help and labels of every metric, and what counts by them.
  {
    name: 'metrics',
    path: server('metrics/'),
    may: ['contract', 'pii'],
    mayTypes: ['item', 'runtime'],
    packages: ['prom-client'],
    node: [],
  },
  // Names, fields and sentences of every log line.
  { name: 'log', path: server('log/'), may: [], packages: [], node: [] },
  { name: 'csv', path: server('csv/'), may: [], packages: [], node: ['*'] },
  { name: 'model', path: server('model/'), may: ['contract', 'stats', 'errors'], packages: [], node: ['*'] },
  { name: 'store', path: server('store/'), may: ['contract'], mayTypes: ['stats'], packages: ['pg'], node: ['*'] },

  { name: 'item', path: server('pipeline/item\\.ts$'), may: ['contract'], packages: [], node: [] },
  ...pureStages.map(stage => ({
    name: stage,
    path: server(`pipeline/${stage}(\\.ts$|/)`),
    may: ['item', 'contract', 'stats', ...more(stage)],
    packages: [],
    node: ['crypto'],
  })),
  ...otherStages.map(stage => ({
    name: stage,
    path: server(`pipeline/${stage}(\\.ts$|/)`),
    may: ['item', 'contract', 'stats', 'errors', 'store', ...more(stage)],
    packages: [],
    node: ['*'],
  })),
  // now.ts, later.ts and what hands batches to them.
  {
    name: 'line',
    path: server('pipeline/(now|now-deps|held|name-groups|later|intake|ids)\\.ts$'),
    may: [...stages, 'item', 'store', 'contract', 'errors'],
    packages: [],
    node: ['crypto'],
  },

  ...['http', 'mqtt', 'live'].map(door => ({
    name: `transport/${door}`,
    path: server(`transport/${door}/`),
    may: ['contract', 'errors', 'metrics', 'request', ...more(`transport/${door}`)],
    mayTypes: ['log'],
    packages: ['*'],
    node: ['*'],
  })),
  // A slice of management; the pattern gives each slice a zone of its own.
  ...['models', 'cases', 'autonomy', 'explain', 'receipts', 'reports', 'entities', 'tasks', 'audit', slices].map(
    slice => ({
      name: slice === slices ? 'manage/*' : `manage/${slice}`,
      path: server(`manage/${slice}/`),
      may: ['contract', 'errors', 'metrics', 'request', 'store', 'stats', ...more(`manage/${slice}`)],
      mayTypes: ['item', 'line', 'runtime', 'config', 'log'],
      packages: ['prom-client'],
      node: ['*'],
    }),
  ),
  // Time: the clock, what recurs, and news between processes.
  {
    name: 'runtime',
    path: server('runtime/'),
    may: ['contract', 'store', 'metrics'],
    mayTypes: ['item', 'config', 'log'],
    packages: ['croner', 'prom-client'],
    node: ['*'],
  },

  { name: 'report', path: server('report/'), may: ['contract', 'stats'], packages: [], node: ['*'] },
  {
    name: 'replay',
    path: server('replay/'),
    may: ['app', 'csv', 'contract', 'stats', 'report', 'errors', 'pods/customer-ops'],
    packages: [],
    node: ['*'],
  },
  {
    name: 'commands',
    path: server('commands/'),
    may: ['app', 'manage/*', 'contract', 'csv', 'model', 'learn', 'pii', 'replay', 'report', 'errors', 'config'],
    packages: [],
    node: ['*'],
  },
  {
    name: 'main',
    path: server('main\\.ts$'),
    may: ['app', 'contract', 'commands', 'errors', 'config'],
    packages: [],
    node: ['*'],
  },
  // The only place that builds and connects things, and the list of pods.
  { name: 'app', path: server('(app|pods)(\\.ts$|/)'), may: ['*'], packages: ['*'], node: ['*'] },

  { name: 'pods/*', path: /^pods\/[^/]+\//, may: ['contract', 'stats', 'pii'], packages: ['typebox'], node: [] },
  { name: 'workplace', path: /^(bin|bench|scripts|tests|deploy)\//, may: ['*'], packages: ['*'], node: ['*'] },
]

/** Files that stand beside the code only for tests: they may import everything, and nothing but tests imports them. */
export const testFile = /\.(test|bench)\.ts$|\/testing\/|\/test(ing)?-[a-z-]+\.ts$|\/fixtures\//

/** Who may read the environment. */
export const readsEnvironment: readonly Allowed[] = [
  { path: /^packages\/server\/src\/config\/env\.ts$/, reason: 'the one list of names' },
  { path: /^(bin|scripts|bench|tests|deploy)\//, reason: 'programs of the workplace' },
  { path: testFile, reason: 'tests are told where their database is' },
]

/** Who may read the wall clock or draw unseeded numbers. */
export const readsClock: readonly Allowed[] = [
  { path: /^packages\/server\/src\/app(\.ts$|\/)/, reason: 'hands the clock and the generator in' },
  { path: /^packages\/server\/src\/runtime\/clock\.ts$/, reason: 'the wall clock itself' },
  { path: /^packages\/server\/src\/commands\//, reason: 'a command runs now and says so' },
  { path: /^packages\/server\/src\/store\/embedded\//, reason: 'age of a lock file; nothing here is replayed' },
  { path: /^packages\/console\//, reason: 'a browser shows how long ago something was' },
  { path: /^(bin|scripts|bench|tests|deploy)\//, reason: 'programs of the workplace' },
  { path: testFile, reason: 'tests may time out' },
]

/** Who may make a time of a text without `readGivenTime`, which holds it to what can be stored. */
export const parsesTimes: readonly Allowed[] = [
  { path: /^packages\/server\/src\/(store|report|model)\//, reason: 'what we wrote ourselves' },
  {
    path: /^packages\/server\/src\/pipeline\/(recall\/recall|learn\/example-rows)\.ts$/,
    reason: 'days and constants of ours',
  },
  { path: /^packages\/console\//, reason: 'what the service answered' },
  { path: /^(bin|scripts|bench|tests|deploy)\//, reason: 'programs of the workplace' },
  { path: testFile, reason: 'tests know their times' },
]

/** Who may name a pod; everything else asks the pod's properties. */
export const namesPods: readonly Allowed[] = [
  {
    path: /^packages\/server\/src\/(pods\.ts$|app(\.ts$|\/)|commands\/|replay\/bank-source\.ts$)/,
    reason: 'the list of pods, and commands and histories for one pod',
  },
  { path: /^packages\/server\/src\/model\/example-model\.ts$/, reason: 'an example that tests read' },
  { path: /^(pods|bin|scripts|bench|tests|deploy)\//, reason: 'pods themselves and programs of the workplace' },
  { path: testFile, reason: 'tests use real pods' },
]

/** Who may know the third pod, which is there to show that nothing else has to. */
export const namesTheThirdPod: readonly Allowed[] = [
  { path: /^(bench|tests|deploy)\//, reason: 'the pod itself, and what is measured and tried with it' },
  { path: testFile, reason: 'tests use it' },
]

export interface Allowed {
  readonly path: RegExp
  readonly reason: string
}

/** Exports that only tests read, each because a test must reach in there. */
export const exportedForTests: ReadonlySet<string> = new Set<string>([
  // Examples that stand beside what they are examples of.
  'leadFeatures',
  'exampleSpecs',
  'exampleRows',
  'emptyBatch',
  // Names the template of test databases.
  'migrationsFingerprint',
  // The other clock of everything that recurs; a replay will run on it.
  'virtualClock',
  // What pods and the line take of reference data; no pod of this installation declares any yet.
  'EntityRow',
  'readReference',
  'readSnapshot',
  // What the line takes of groups and detectors, for the same reason.
  'groupId',
  'evaluated',
  'fitting',
])
