/**
 * When a decision was recorded, as its id says (RFC 9562, version 7: the first 48 bits are milliseconds).
 * @returns null when this is no such id
 */
export function decisionTime(id: string): Date | null {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)) return null
  const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
  // Beyond the year 9999 there is no decision, and PostgreSQL would write the year in another form.
  return ms < 253_402_300_800_000 ? new Date(ms) : null
}
