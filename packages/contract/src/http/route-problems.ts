import type { ProblemCode } from '../errors.ts'
import type { Route } from './route.ts'

/**
 * Every code that a route may answer: its own and those of its sort (with a key, with a body, with an idempotency key).
 * Unknown paths (404), wrong methods (405) and requests that are no HTTP are answered before there is a route.
 */
export function problemsOf(route: Route): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>(route.problems)
  const add = (...more: readonly ProblemCode[]) => {
    for (const code of more) codes.add(code)
  }
  if (route.roles.length > 0) {
    add(
      'authentication_required',
      'invalid_api_key',
      'rate_limited',
      'quota_exceeded',
      'forbidden',
      'storage_unavailable',
    )
  }
  if (route.body !== undefined) add('too_large', 'unsupported_type', 'malformed_json')
  if (route.idempotent) add('idempotency_mismatch', 'in_progress', 'validation_failed')
  add('internal')
  return [...codes]
}
