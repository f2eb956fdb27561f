import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { answer, type CommandIo, type ExitCode, readArguments } from './command-io.ts'
import { openCalibration } from './open-calibration.ts'
import { type FilePair, PredictionFileError, readPredictionFile } from './prediction-file.ts'

const usage =
  'usage: surety calibrate FILE --tenant T --pod P    FILE: CSV with the columns prediction (0 to 1) and actual (0 or 1)'
const options = { tenant: { type: 'string' }, pod: { type: 'string' } } as const

interface Listed {
  readonly place: number
  readonly why: string
}

/** What the application hands in. */
export interface CalibrateIo extends CommandIo {
  open(): Promise<
    AsyncDisposable & {
      readonly podNames: readonly string[]
      readonly mostRows: number
      upload(
        tenant: string,
        pod: string,
        given: readonly FilePair[],
      ): Promise<
        | 'no_model'
        | ({ readonly skipped: number; readonly listed: readonly Listed[] } & (
            | { readonly ok: true; readonly stored: number; readonly version: number; readonly calibrationSize: number }
            | { readonly ok: false; readonly have: number; readonly need: number }
          ))
      >
    }
  >
}

/** `surety calibrate`: works on the database directly, while the service runs or not. */
export async function calibrate(args: readonly string[], io: CalibrateIo = ioOfProcess()): Promise<ExitCode> {
  const parsed = readArguments(args, io, { usage, options, words: 1 })
  if (typeof parsed === 'number') return parsed
  const { tenant, pod } = parsed.values
  const path = parsed.words[0]
  if (path === undefined || typeof tenant !== 'string' || typeof pod !== 'string') {
    io.err('FILE, --tenant and --pod are needed.')
    io.err(usage)
    return 2
  }
  await using store = await io.open()
  if (!store.podNames.includes(pod)) {
    io.err(`There is no pod called ${JSON.stringify(pod)}; there are: ${store.podNames.join(', ')}.`)
    return 2
  }
  const refuse = (error: string, code: ExitCode, more: object = {}): ExitCode => {
    io.err(error)
    answer(io, { ok: false, error, ...more })
    return code
  }
  let given: readonly FilePair[]
  try {
    given = await readPredictionFile(path, store.mostRows)
  } catch (error) {
    if (error instanceof PredictionFileError) return refuse(error.message, 3)
    if (error instanceof Error && 'syscall' in error) return refuse(error.message, 1)
    throw error
  }
  const found = await store.upload(tenant, pod, given)
  if (found === 'no_model')
    return refuse('No model serves here, and calibration belongs to a model. Nothing was stored.', 3)
  const { skipped, listed } = found
  for (const { place, why } of listed) io.err(`line ${place} skipped: ${why}.`)
  if (skipped > listed.length) io.err(`... and ${skipped - listed.length} more.`)
  if (!found.ok) {
    const { have, need } = found
    return refuse(`${have} valid rows; ${need} are needed. Nothing was stored.`, 3, { have, need, skipped })
  }
  const { stored, version, calibrationSize } = found
  io.err(`${stored} rows stored, ${skipped} skipped; calibrator ${version} rests on ${calibrationSize} rows.`)
  const lines = listed.map(({ place }) => place)
  answer(io, { ok: true, stored, skipped, skipped_lines: lines, version, calibration_size: calibrationSize })
  return 0
}

function ioOfProcess(): CalibrateIo {
  return {
    open: () => openCalibration(buildConfig(readEnv())),
    out: line => void process.stdout.write(`${line}\n`),
    err: line => void process.stderr.write(`${line}\n`),
  }
}
