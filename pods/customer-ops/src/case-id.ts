/** `L`, the moment in 13 digits of milliseconds, `-`, and the 24 random bits in 6 hexadecimal digits. */
export function newCaseId(now: Date, random: number): string {
  const moment = String(now.getTime()).padStart(13, '0')
  return `L${moment}-${(random & 0xffffff).toString(16).padStart(6, '0')}`
}
