import type { Config } from '../config/config.ts'
import { Problem } from '../errors.ts'
import { mostUploaded, type Uploaded, uploadCalibration } from '../manage/autonomy/calibration.ts'
import type { GivenPair } from '../manage/autonomy/prediction-pairs.ts'
import { podNamed, pods } from '../pods.ts'
import { auditOf } from '../store/audit.ts'
import { openDatabase } from '../store/db.ts'
import { openEmbeddedOrJoin } from './open-or-join.ts'

export interface CalibrationStore extends AsyncDisposable {
  readonly podNames: readonly string[]
  readonly mostRows: number
  /** `no_model`: nothing serves that the rows could belong to. */
  upload(tenant: string, pod: string, given: readonly GivenPair[]): Promise<Uploaded | 'no_model'>
}

/** Calibration from the command line: on the database of DATABASE_URL, or on the embedded one, running or not. */
export async function openCalibration(config: Config): Promise<CalibrationStore> {
  await using stack = new AsyncDisposableStack()
  const { address, role } = stack.use(await openEmbeddedOrJoin(config))
  const db = stack.use(openDatabase(address, role, 2))
  const now = () => new Date()
  const open = stack.move()
  return {
    podNames: pods.map(pod => pod.name),
    mostRows: mostUploaded,
    async upload(tenant, pod, given) {
      const asker = { actor: 'cli', requestId: undefined, at: now() }
      try {
        return await uploadCalibration({ db, audit: auditOf() }, tenant, podNamed(pod), given, asker)
      } catch (error) {
        if (error instanceof Problem && error.code === 'no_active_model') return 'no_model'
        throw error
      }
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
