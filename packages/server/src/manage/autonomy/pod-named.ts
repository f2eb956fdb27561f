import type { Pod } from '@surety/contract'
import { Problem } from '../../errors.ts'

/** @throws Problem `validation_failed` of the field `pod`, which says the names there are */
export function podNamed(pods: readonly Pod[], name: string): Pod {
  const pod = pods.find(one => one.name === name)
  if (pod !== undefined) return pod
  const message = `there is no such pod; the pods are ${pods.map(one => one.name).join(', ')}`
  throw new Problem('validation_failed', undefined, { errors: [{ path: 'pod', code: 'unknown', message }] })
}
