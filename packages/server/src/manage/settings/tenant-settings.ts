import { type FieldError, type Json, type JsonObject, mainQuestion } from '@surety/contract'
import { defaultOutcomeLimits, type OutcomeLimits, wholeTenant } from '../../store/tenants.ts'
import type { SettingsQuestion } from './setting-values.ts'

const mostOutcomes = 100_000
const isLimit = (value: Json): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= mostOutcomes
const outOfRange = (path: string): FieldError => ({
  path,
  code: 'range',
  message: `must be a whole number from 1 to ${mostOutcomes}`,
})
const asSetting = ({ perRequest, perMinute }: OutcomeLimits): JsonObject => ({
  outcomes_per_request: perRequest,
  outcomes_per_minute: perMinute,
})

/**
 * What holds for a tenant whatever the pod: the country that phone numbers without a country code, and numbers that only one
 * country knows, are read as; and how many outcomes of one key count as a person's.
 * @param isCountry ISO 3166 alpha-2, in capitals
 */
export function tenantSettings(isCountry: (code: string) => boolean): SettingsQuestion {
  return {
    pod: wholeTenant,
    question: mainQuestion,
    first: true,
    threshold: 0,
    defaultSettings: {},
    checkSettings: () => [],
    budgets: {
      defaults: { country: 'US', ...asSetting(defaultOutcomeLimits) },
      read({
        country = 'US',
        outcomes_per_request: perRequest = defaultOutcomeLimits.perRequest,
        outcomes_per_minute: perMinute = defaultOutcomeLimits.perMinute,
        ...others
      }) {
        const code = typeof country === 'string' ? country.toUpperCase() : ''
        const errors: FieldError[] = Object.keys(others).map(key => {
          return { path: key.slice(0, 60), code: 'unknown', message: 'tenant has no such setting' }
        })
        if (!isCountry(code))
          errors.push({
            path: 'country',
            code: 'invalid',
            message: 'must be an ISO 3166 code of two letters, such as US or DE',
          })
        if (!isLimit(perRequest)) errors.push(outOfRange('outcomes_per_request'))
        if (!isLimit(perMinute)) errors.push(outOfRange('outcomes_per_minute'))
        return { value: { country: code, outcomes_per_request: perRequest, outcomes_per_minute: perMinute }, errors }
      },
    },
  }
}
