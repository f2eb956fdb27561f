import type { modelIo } from './commands/model-io.ts'
import { readEnv } from './config/env.ts'

type Command = (args: readonly string[]) => Promise<number>

/** Each command loads only what it needs: `surety --help` answers without opening a database. */
const commands: { readonly [name: string]: { readonly summary: string; load(): Promise<Command> } } = {
  start: {
    summary: 'Run the service (HTTP door, jobs).',
    load: async () => (await import('./commands/start.ts')).start,
  },
  demo: {
    summary:
      'Replay the visitors of a web shop (or bank calls) on a virtual clock, then serve them: surety demo [bank] [--once]',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  replay: {
    summary: 'Push a history file through the line: surety replay FILE --label COL [...]',
    load: async () => (await import('./commands/replay.ts')).replay,
  },
  train: {
    summary: 'Train a model from outcomes.csv.',
    load: () => modelCommand(async () => (await import('./commands/train.ts')).train),
  },
  verify: {
    summary: 'Check a model file, the audit log, all receipts: surety verify [model.json] [--audit] [--receipts]',
    load: () => modelCommand(async () => (await import('./commands/verify.ts')).verify),
  },
  receipt: {
    summary: 'Proof of one decision as a file: surety receipt DECISION_ID [--tenant T] > file',
    load: async () => (await import('./commands/receipt.ts')).receipt,
  },
  'verify-receipt': {
    summary:
      'Check such a file, or a certificate, offline: surety verify-receipt FILE [--key K] [--heads H] [--rows R]',
    load: async () => (await import('./commands/verify-receipt.ts')).verifyReceipt,
  },
  sign: {
    summary: 'Sign a model trained elsewhere.',
    load: () => modelCommand(async () => (await import('./commands/sign.ts')).sign),
  },
  certificates: {
    summary: 'Accept the first certificate of an action: surety certificates accept ID --tenant T --reason R',
    load: async () => (await import('./commands/certificates.ts')).certificates,
  },
  'installation-keys': {
    summary:
      'Accept a changed key of the installation: surety installation-keys accept DATA_KEY|PII_KEY|MODEL_SIGNING_KEY --reason R',
    load: async () => (await import('./commands/installation-keys.ts')).installationKeys,
  },
  erase: {
    summary: 'Erase what is known of the person of a case: surety erase ID --tenant T --pod P --reason R',
    load: async () => (await import('./commands/erase.ts')).erase,
  },
  imports: {
    summary: 'Take what a key imported as your own history: surety imports accept KEY_ID --tenant T --reason R',
    load: async () => (await import('./commands/imports.ts')).imports,
  },
  mode: {
    summary: 'How far the machine goes by itself: surety mode stopped --tenant T --reason R',
    load: async () => (await import('./commands/mode.ts')).mode,
  },
  tasks: {
    summary: 'What recurs: surety tasks list | run NAME | pause NAME | resume NAME | schedule NAME --cron C --zone Z',
    load: async () => (await import('./commands/tasks.ts')).tasks,
  },
  keys: {
    summary: 'API keys: surety keys create --tenant T --role R | list | disable ID',
    load: async () => (await import('./commands/keys.ts')).keys,
  },
  entities: {
    summary:
      'Reference data: surety entities import FILE --kind K --tenant T [--dry-run] | list | show ID | export | kinds',
    load: async () => (await import('./commands/entities.ts')).entities,
  },
  explain: {
    summary: 'Why a decision ended as it did: surety explain ID --tenant T [--json]',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  calibrate: {
    summary: 'Calibrate the serving model: surety calibrate FILE.csv --tenant T --pod P',
    load: async () => (await import('./commands/calibrate.ts')).calibrate,
  },
  enrich: {
    summary: 'Intent, sentiment and urgency of a text: surety enrich TEXT',
    load: async () => (await import('./commands/enrich.ts')).enrich,
  },
  redact: {
    summary: 'A text as it would be stored: surety redact TEXT',
    load: async () => (await import('./commands/redact.ts')).redact,
  },
  doctor: {
    summary: 'Say in plain words what is wrong with this installation and what to do: surety doctor [--whole] [--json]',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
}

/** The commands on model files take what they need of the application as their second argument. */
async function modelCommand(
  load: () => Promise<(args: readonly string[], io: ReturnType<typeof modelIo>) => Promise<number>>,
): Promise<Command> {
  const [command, { modelIo: io }] = await Promise.all([load(), import('./commands/model-io.ts')])
  return args => command(args, io())
}

const help = (): string =>
  [
    'surety: acts when it is sure, asks a person when it is not, learns from what happened.',
    '',
    'usage: surety COMMAND [options]     (surety COMMAND --help for its options)',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(18)}${summary}`),
    '',
    'Configuration is read from the environment; docs/config.md lists every variable.',
    'Exit codes: 0 ok, 1 technical failure, 2 usage, 3 refused (nothing written), 4 finished with errors.',
    '',
  ].join('\n')

/** Runs one command; answers its exit code. What a person can mend is said in one sentence, without a stack. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help())
    return name === undefined ? 2 : 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    process.stderr.write(`surety: there is no command called ${JSON.stringify(name)}; surety --help lists them.\n`)
    return 2
  }
  try {
    return await (await command.load())(args)
  } catch (error) {
    process.stderr.write(`surety: ${plain(error)}\n`)
    if (readEnv().LOG_LEVEL === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
    return 1
  }
}

function plain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'EADDRINUSE') return `${error.message}; another program listens there: set PORT to a free one.`
  if (code === 'ECONNREFUSED' || code === '28P01' || code === '3D000')
    return `${error.message || code}: the database does not let us in; check DATABASE_URL, or leave it unset for the embedded one.`
  return error.message === '' ? error.name : error.message
}
