const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d:?(?:\d\d)?)?)?$/i

/**
 * Epoch milliseconds of a moment as history files write it, or null. ISO 8601 date or date and time, without a zone read as
 * UTC; epoch seconds of 9 or 10 digits with or without a fraction; epoch milliseconds of 12 or 13 digits.
 */
export function parseTime(text: string): number | null {
  const trimmed = text.trim()
  if (/^\d{9,10}(?:\.\d{1,9})?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000)
  if (/^\d{12,13}$/.test(trimmed)) return Number(trimmed)
  const parts = iso.exec(trimmed)
  if (parts === null) return null
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(part => Number(parts[part] ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (hour > 23 || minute > 59 || second > 59) return null
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  // 31 April rolls over into May: it was no date.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  const millis = parts[7] === undefined ? 0 : Number(parts[7].padEnd(3, '0').slice(0, 3))
  const offset = zoneMinutes(parts[8])
  return offset === null ? null : date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + millis
}

function zoneMinutes(zone: string | undefined): number | null {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', '') || 0)
  if (hours > 15 || minutes > 59) return null
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}
