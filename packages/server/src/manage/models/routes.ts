import type { Handlers, Pod, Question, QuestionKey } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { questionOfPath } from '../../request/question-path.ts'
import { type Named, questionMeant, questionsMeant } from '../../request/questions-meant.ts'
import type { ModelServices } from './models.ts'

type OfServing = 'reloadModel' | 'modelStatus' | 'rollbackModel' | 'retrain' | 'modelCard'
type OfQuestion =
  | 'listModels'
  | 'getModel'
  | 'getModelCard'
  | 'getModelVerdict'
  | 'getModelScope'
  | 'putModelScope'
  | 'retrainQuestion'
  | 'activateModel'
  | 'rollbackQuestion'

interface RouteNeeds {
  readonly pods: readonly Pod[]
  /** The pod that is meant where none is named. */
  readonly defaultPod: string
  serviceOf(question: Question): ModelServices
  page(
    tenant: string,
    questions: readonly Question[],
    paging: { readonly limit: number; readonly cursor: string | undefined },
  ): ReturnType<Handlers<'listModels'>['listModels']>
}

/** The model that serves: gate, status, rollback, training. Of the leads where no other question is named. */
const servingRoutes = ({ pods, defaultPod, serviceOf }: RouteNeeds): Handlers<OfServing> => {
  const meant = ({ pod, question }: Named): ModelServices =>
    serviceOf(questionMeant(pods, { pod: pod ?? defaultPod, question }))
  return {
    async reloadModel({ principal, query, body, requestId }) {
      const { min_auc: minAuc, reason } = query
      const given = { candidate: body ?? null, minAuc, reason: said(reason), requestId }
      const answer = await meant(query).reload(principal, given)
      return answer.accepted
        ? { status: 200, data: answer.body }
        : { status: 409, data: answer.body, headers: { 'x-reject-code': answer.code } }
    },

    async modelStatus({ principal, query }) {
      return await meant(query).status(principal.tenant)
    },

    async rollbackModel({ principal, query, body, requestId }) {
      const reason = neededReason(query.reason, body?.reason)
      const belowFloor = body?.below_floor ?? false
      return await meant({ ...query, ...body }).rollback(principal, reason, requestId, belowFloor)
    },

    async retrain({ principal, query, body, requestId }) {
      const reason = neededReason(query.reason, body?.reason)
      return await meant({ ...query, ...body }).retrain(principal, reason, requestId)
    },

    async modelCard({ principal, query }) {
      return await meant(query).card(principal.tenant)
    },
  }
}

/** The same for every pod and question, with the models that are kept. */
const questionRoutes = ({ pods, serviceOf, page }: RouteNeeds): Handlers<OfQuestion> => {
  const of = (named: QuestionKey): ModelServices => serviceOf(questionOfPath(pods, named))
  return {
    async listModels({ principal, query }) {
      const { limit = 20, cursor } = query
      return await page(principal.tenant, questionsMeant(pods, query), { limit, cursor })
    },

    async getModel({ principal, params, query }) {
      return await of(params).kept(principal.tenant, { ...params, ...query })
    },

    async getModelCard({ principal, params, query }) {
      return await of(params).keptCard(principal.tenant, { ...params, ...query })
    },

    async getModelVerdict({ principal, params, query }) {
      return await of(params).keptVerdict(principal.tenant, { ...params, ...query })
    },

    async getModelScope({ principal, params }) {
      return await of(params).scope(principal.tenant)
    },

    async putModelScope({ principal, params, body, requestId }) {
      const { reason, ...wanted } = body
      return await of(params).moveScope(principal, wanted, neededReason(reason), requestId)
    },

    async retrainQuestion({ principal, params, body, requestId }) {
      return await of(params).retrain(principal, neededReason(body?.reason), requestId)
    },

    async activateModel({ principal, params, body, requestId }) {
      const { reason, below_floor: belowFloor = false, ...named } = body
      return await of(params).activate(principal, named, neededReason(reason), requestId, belowFloor)
    },

    async rollbackQuestion({ principal, params, body, requestId }) {
      const belowFloor = body?.below_floor ?? false
      return await of(params).rollback(principal, neededReason(body?.reason), requestId, belowFloor)
    },
  }
}

export const modelRoutes = (needs: RouteNeeds): Handlers<OfServing | OfQuestion> => ({
  ...servingRoutes(needs),
  ...questionRoutes(needs),
})

/** A blank reason is none. */
function said(reason: string | undefined): string | undefined {
  return reason === undefined || reason.trim() === '' ? undefined : reason.trim()
}

function neededReason(...given: readonly (string | undefined)[]): string {
  const reason = given.map(said).find(text => text !== undefined)
  if (reason === undefined) throw new Problem('reason_required')
  return reason
}
