import type { Pod, Question, QuestionKey } from '@surety/contract'
import { Problem } from '../errors.ts'

/** The question that a path names. @throws Problem `question_not_found`, which says the names there are */
export function questionOfPath(pods: readonly Pod[], { pod, question }: QuestionKey): Question {
  const all = pods.flatMap(one => [...one.questions])
  const found = all.find(one => one.pod === pod && one.name === question)
  if (found !== undefined) return found
  const names = all.map(one => `${one.pod}/${one.name}`).join(', ')
  throw new Problem('question_not_found', `No pod of this installation asks this question; there are ${names}.`)
}
