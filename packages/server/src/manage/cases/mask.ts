/** What every role sees of a contact that is not revealed: enough to recognise somebody one knows, too little to reach anybody. */
export function maskName(name: string): string {
  return name
    .split(/(\s+)/)
    .map(word => (/^\s*$/.test(word) ? word : maskWord(word)))
    .join('')
}

/** The last two digits stay. */
export function maskPhone(phone: string): string {
  const digits = phone.match(/\p{Nd}/gu)?.length ?? 0
  let seen = 0
  return phone.replace(/[\p{L}\p{Nd}]/gu, sign => {
    if (!/\p{Nd}/u.test(sign)) return '*'
    seen++
    return digits > 4 && seen > digits - 2 ? sign : '*'
  })
}

/** The first letter and the last part of the domain stay. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@')
  if (at < 1) return maskWord(email)
  const dot = email.lastIndexOf('.')
  return `${[...email][0]}***@***${dot > at ? email.slice(dot) : ''}`
}

function maskWord(word: string): string {
  const [first = '', ...rest] = word
  return first + '*'.repeat(rest.length)
}
