import { readContext } from '../manage/autonomy/context.ts'
import { evidenceOf } from '../manage/autonomy/held-out.ts'
import type { ModelsNeeds } from '../manage/models/open-models.ts'
import { createLearner } from '../pipeline/learn/learner.ts'
import { podNamed } from '../pods.ts'

/** What the slice of models needs of the room that learns and of the slice that certifies. */
export const learning: ModelsNeeds = {
  createLearner,
  evidenceOf,
  budgetsOf: readContext,
  shown: podNamed('customer-ops'),
}
