import { Problem } from '../../errors.ts'
import type { Handlers } from './call.ts'

export const calibrationHandlers: Handlers<'getCalibration' | 'postCalibration'> = {
  async getCalibration({ services, principal, query }) {
    const { pod, coverage } = query
    if (coverage !== undefined && !/^\d+$/.test(coverage)) throw new Problem('unsupported_coverage')
    const percent = coverage === undefined ? undefined : Number(coverage)
    return await services.calibration.get(principal.tenant, pod, percent)
  },

  async postCalibration({ services, principal, body, requestId }) {
    const { pod, rows, prediction, actual } = body
    const columns = prediction !== undefined || actual !== undefined
    if (columns === (rows !== undefined))
      throw new Problem('validation_failed', undefined, {
        errors: [{ path: 'rows', code: 'required', message: 'Send either prediction and actual, or rows.' }],
      })
    const given =
      rows === undefined
        ? { prediction: prediction ?? [], actual: actual ?? [] }
        : { prediction: rows.map(row => row.prediction), actual: rows.map(row => row.actual) }
    return await services.calibration.upload(principal, { pod, ...given }, requestId)
  },
}
