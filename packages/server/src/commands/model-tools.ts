import type { FeatureSpec, FeatureValue } from '@surety/contract'
import { openBeside } from '../app/open-beside.ts'
import type { Config } from '../config/config.ts'
import { loadSecrets } from '../config/secrets.ts'
import { readAuditHeads } from '../manage/audit/saved-heads.ts'
import { verifyAudit } from '../manage/audit/verify-audit.ts'
import { readSigningKey, readTrustedKeys, type SigningKey, type TrustedKeys, trust } from '../model/signature.ts'
import type { TrainOutcome, TrainRequest } from '../pipeline/learn/train-model.ts'
import { createTrainer } from '../pipeline/learn/trainer.ts'
import { installed, podNamed } from '../pods.ts'
import { trustedTexts, verifyReceipts } from './receipt-tools.ts'
import type { AuditState } from './verify.ts'

interface Row {
  readonly id: string
  readonly at: number
  readonly values: readonly FeatureValue[]
  readonly label: 0 | 1
  readonly tenant: string
  readonly source: string
}

/** What the commands train, verify and sign need of the application; nothing is opened before it is asked for. */
export function modelTools(config: Config) {
  const [question] = podNamed('customer-ops').questions
  const signingKey = async (): Promise<SigningKey> =>
    readSigningKey((await loadSecrets(config.secrets, config.dataDir)).modelSigningKey)
  return {
    now: () => new Date(),
    minAuc: config.minAuc,
    pod: {
      name: question.pod,
      question: question.name,
      baseFeatures: question.baseFeatures,
      labels: question.outcomes.words,
    },
    questions: [question, ...installed.pods.flatMap(pod => pod.questions)].map(({ pod, name, baseFeatures }) => {
      return { pod, question: name, baseFeatures }
    }),
    segmentFeatures: question.segmentFeatures ?? [],
    modelPath: config.modelPath,
    signingKey,
    trusted: async (): Promise<TrustedKeys> => trust(readTrustedKeys(config.modelTrustedKeys), await signingKey()),
    async learn(
      rows: readonly Row[],
      specs: readonly FeatureSpec[],
      request: TrainRequest,
      onProgress: (done: number, total: number) => void,
    ): Promise<TrainOutcome> {
      await using trainer = createTrainer(question.baseFeatures)
      trainer.add(rows, { hash: 'csv', specs })
      return await trainer.train(request, { onProgress })
    },
    verifyAudit: (headsText: string | null) => auditState(config, headsText),
    verifyReceipts: (headsText: string | null, onProgress: (sentence: string) => void) =>
      verifyReceipts(config, headsText, onProgress),
  }
}

/** Every chain of the installation, the platform's included: sound, or the first place that does not fit. */
async function auditState(config: Config, headsText: string | null): Promise<AuditState> {
  const saved = headsText === null ? [] : readAuditHeads(headsText)
  await using beside = await openBeside(config)
  const trusted = await trustedTexts(config)
  let entries = 0
  let unsigned = 0
  for (const tenant of new Set(['*', ...(await beside.tenants()), ...saved.map(head => head.tenant)])) {
    const verdict = await beside.db.read([tenant], handle => verifyAudit(handle, tenant, { saved, trusted }))
    if (!verdict.ok)
      return { ok: false, entries, unsigned, place: `tenant ${tenant}, entry ${verdict.seq}: ${verdict.why}` }
    entries += verdict.head.length
    unsigned += verdict.unsigned
  }
  return { ok: true, entries, unsigned, place: null }
}
