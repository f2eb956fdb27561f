import type { Principal, Sender } from '@surety/contract'

/** @param outcomes how many of them came in the same request */
export const senderOf = ({ keyId, role, systemOfRecord = false }: Principal, outcomes: number): Sender => ({
  key: keyId,
  systemOfRecord,
  outcomes,
  ...(role === 'admin' && { admin: true }),
})
