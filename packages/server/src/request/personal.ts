import type { FieldError } from '@surety/contract'
import { Problem } from '../errors.ts'

/** Does a recogniser find something in a text of the tenant? */
export type IsPersonal = (text: string) => Promise<boolean>

/**
 * What is kept and shown as it was given, such as names: nothing personal may stand in it, in a text or in the name of a member.
 * @param but members at the top that are texts of machines, such as digests
 * @throws Problem `validation_failed`, which repeats nothing of what it found
 */
export async function refusePersonal(
  isPersonal: IsPersonal,
  value: unknown,
  path: string,
  but: readonly string[] = [],
): Promise<void> {
  const errors = await personalFaults(isPersonal, value, path, but)
  if (errors.length > 0) throw new Problem('validation_failed', undefined, { errors })
}

/** One for each place; none in almost every case, which is told by one look at all texts together. */
export async function personalFaults(
  isPersonal: IsPersonal,
  value: unknown,
  path = '',
  but: readonly string[] = [],
): Promise<readonly FieldError[]> {
  const texts = [...textsOf(value, path, but)]
  if (texts.length === 0 || !(await isPersonal(texts.map(({ text }) => text).join('\n')))) return []
  const faults: FieldError[] = []
  for (const { at, text } of texts)
    if (await isPersonal(text)) faults.push({ path: at, code: 'personal', message: foundSentence })
  return faults
}

const foundSentence =
  'holds what looks like an e-mail address, a phone number, a card or a social security number; this is kept and shown as it is, so leave it out'

interface TextAt {
  readonly at: string
  readonly text: string
}

/** The name of a member that is one of many stands for itself: where it is told, it is not repeated. */
function* textsOf(value: unknown, at: string, but: readonly string[] = []): Generator<TextAt> {
  if (typeof value === 'string') yield { at, text: value }
  if (typeof value !== 'object' || value === null) return
  const inside = at === '' ? '' : `${at}.`
  if (Array.isArray(value)) {
    for (const [place, item] of value.entries()) yield* textsOf(item, `${inside}${place}`)
    return
  }
  for (const [place, [name, member]] of Object.entries(value).entries()) {
    if (but.includes(name)) continue
    yield { at: `${inside}(name ${place + 1})`, text: name }
    const plain = /^[a-z_]{1,40}$/i.test(name) ? name : `(name ${place + 1})`
    yield* textsOf(member, `${inside}${plain}`)
  }
}
