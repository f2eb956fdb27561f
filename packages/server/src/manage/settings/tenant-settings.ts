import { type FieldError, mainQuestion } from '@surety/contract'
import { wholeTenant } from '../../store/tenants.ts'
import type { SettingsQuestion } from './setting-values.ts'

/**
 * What holds for a tenant whatever the pod: the country that phone numbers without a country code, and numbers that only one
 * country knows, are read as.
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
      defaults: { country: 'US' },
      read({ country = 'US', ...others }) {
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
        return { value: { country: code }, errors }
      },
    },
  }
}
