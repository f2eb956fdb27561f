import { openBeside } from '../app/open-beside.ts'
import type { Config } from '../config/config.ts'
import { Problem } from '../errors.ts'
import { mostUploaded, type Uploaded, uploadCalibration } from '../manage/autonomy/calibration.ts'
import type { GivenPair } from '../manage/autonomy/prediction-pairs.ts'
import { podNamed, pods } from '../pods.ts'

export interface CalibrationStore extends AsyncDisposable {
  readonly podNames: readonly string[]
  readonly mostRows: number
  /** `no_model`: nothing serves that the rows could belong to. */
  upload(tenant: string, pod: string, given: readonly GivenPair[]): Promise<Uploaded | 'no_model'>
}

/** Calibration from the command line: on the database of DATABASE_URL, or on the embedded one, running or not. */
export async function openCalibration(config: Config): Promise<CalibrationStore> {
  const beside = await openBeside(config)
  const { now } = beside
  return {
    podNames: pods.map(pod => pod.name),
    mostRows: mostUploaded,
    async upload(tenant, pod, given) {
      const asker = { actor: 'cli', requestId: undefined, at: now() }
      try {
        return await uploadCalibration(beside, tenant, podNamed(pod).questions[0], given, asker)
      } catch (error) {
        if (error instanceof Problem && error.code === 'no_active_model') return 'no_model'
        throw error
      }
    },
    [Symbol.asyncDispose]: () => beside[Symbol.asyncDispose](),
  }
}
