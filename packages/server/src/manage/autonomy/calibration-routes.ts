import type { Handlers } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { calibration } from './calibration.ts'

type Area = 'getCalibration' | 'postCalibration'

/** The evidence behind intervals. */
export const calibrationRoutes = (service: ReturnType<typeof calibration>): Handlers<Area> => ({
  async getCalibration({ principal, query }) {
    const { coverage } = query
    if (coverage !== undefined && !/^\d+$/.test(coverage)) throw new Problem('unsupported_coverage')
    const percent = coverage === undefined ? undefined : Number(coverage)
    return await service.get(principal.tenant, query, percent)
  },

  async postCalibration({ principal, body, requestId }) {
    const { rows, prediction, actual } = body
    const columns = prediction !== undefined || actual !== undefined
    if (columns === (rows !== undefined))
      throw new Problem('validation_failed', undefined, {
        errors: [{ path: 'rows', code: 'required', message: 'Send either prediction and actual, or rows.' }],
      })
    const given =
      rows === undefined
        ? { prediction: prediction ?? [], actual: actual ?? [] }
        : { prediction: rows.map(row => row.prediction), actual: rows.map(row => row.actual) }
    return await service.upload(principal, { of: body, ...given }, requestId)
  },
})
