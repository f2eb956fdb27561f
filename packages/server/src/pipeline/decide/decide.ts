import {
  type Action,
  type End,
  type Mode,
  mainAlone,
  type Note,
  type Reason,
  reviewDue,
  type Sides,
  type Urgency,
  urgencyOfSeverity,
} from '@surety/contract'
import {
  type ActionState,
  type Autonomy,
  type Bound,
  type Bounded,
  type Calibration,
  type Decided,
  type Draws,
  isLate,
  type Policy,
  type Review,
  type Snapshot,
  type Stateful,
  type Verdict,
} from '../item.ts'
import { kappaOf } from './kappa.ts'
import { reviewDraw } from './review-draw.ts'
import { standsInTheWay } from './stands-in-the-way.ts'

/**
 * Where each item ends: done by itself where that is certified, else asked, always with a reason. Pure: a place under a cap
 * is found here and taken in `record`. What is decided anew keeps its id, and its draws fall as they did before.
 */
export const decide = (items: readonly (Bounded | Decided)[], snapshot: Snapshot): readonly Decided[] =>
  decider(snapshot)(items)

/** What was done before and may be done once only, as events that are decided one after another leave it. */
export interface Onces {
  /** Why it is not done another time; null: nothing is in its way. */
  before(item: Bounded, action: Action): Reason | null
  /** It will be done, unless its case says otherwise. */
  intend(item: Bounded, action: Action): void
}

/** The same for a batch whose events are decided one after another: what each takes of a cap the next ones lack. */
export function decider(
  snapshot: Snapshot,
  onces: Onces | null = null,
): (items: readonly (Bounded | Decided)[]) => readonly Decided[] {
  const seen = new Map<Autonomy, Within>()
  return items =>
    items.map(item => {
      const policy = snapshot.policy(item.raw.tenant, item.question)
      const autonomy = within(snapshot.autonomy(item.raw.tenant, item.question), seen, onces)
      const verdict = verdictOf(item, policy, autonomy, mustAsk(item, snapshot), idOf(item))
      return { ...item, verdict }
    })
}

/** One that is decided anew keeps its id; of a stateful event that of the first was made before it was judged. */
function idOf(item: Bounded | Decided): string {
  if ('verdict' in item) return item.verdict.decisionId
  const made =
    item.look !== undefined && item.question === item.questions[0] ? (item as Partial<Stateful>).decisionId : null
  return made ?? item.ids.uuid(item.recordedAt)
}

/** The autonomy of one tenant and question, with a count of the places that this batch would take. */
type Within = Autonomy & { readonly onces: Onces | null; fits(action: Action, at: Date): boolean }

const hourMs = 3_600_000

function within(autonomy: Autonomy, seen: Map<Autonomy, Within>, onces: Onces | null): Within {
  const known = seen.get(autonomy)
  if (known !== undefined) return known
  const counted = new Map<string, number>()
  const counting: Within = {
    ...autonomy,
    onces,
    fits(action, at) {
      if (action.capPerHour === null) return true
      const place = `${Math.floor(at.getTime() / hourMs)}\n${action.name}`
      const before = counted.get(place) ?? 0
      if (before >= autonomy.room(action, at)) return false
      counted.set(place, before + 1)
      return true
    },
  }
  seen.set(autonomy, counting)
  return counting
}

/** A calibrator that nothing could refresh for this long says nothing of today. */
const staleMs = 30 * 86_400_000

/** What leaves no choice but to ask a person, whatever is said of the case. */
function mustAsk(item: Bounded, snapshot: Snapshot): Reason | null {
  if (!snapshot.enrichment && item.pod.hasContacts) return 'enrichment_off'
  return isLate(item) ? 'late' : null
}

/** Who is gone by: the version that is acted on, or for the plain rule the model that serves. */
interface Voice extends Pick<Bound, 'score' | 'cannot' | 'interval'> {
  readonly calibration: Calibration | null
  /** It is the version that certificates are for. */
  readonly certified: boolean
}

/** A process that has not loaded the version that is acted on has only the model that serves to go by, and certifies nothing. */
function actingVoice(item: Bounded, autonomy: Autonomy): Voice {
  const { acting } = autonomy
  if (acting === null || acting.serves || item.acting === null)
    return servingVoice(item, autonomy, acting?.serves === true)
  return { ...item.acting, calibration: acting.calibration, certified: true }
}

const servingVoice = (item: Bounded, { calibration }: Autonomy, certified: boolean): Voice => {
  const { score, cannot, interval } = item
  return { score, cannot, interval, calibration, certified }
}

/** Why a voice says too little to go by. */
function cannotDecide({ score, cannot, calibration }: Voice, at: Date): Reason | null {
  if (cannot !== null) return cannot
  if (score.probability === null) return 'no_score'
  if (calibration !== null && at.getTime() - calibration.refreshedAt > staleMs) return 'stale_calibrator'
  return null
}

/**
 * What draws are made of: what is asked, of which event, about whom, and never an id that chance or a batch gave, so that a
 * decision made anew, here or in another process, draws the same. As JSON, so that no two of them share their words.
 */
export const drawWords = ({ eventId, question, look }: DrawnFor): string =>
  JSON.stringify(['draws', question.name, eventId, look?.subject.key ?? ''])

interface DrawnFor extends Pick<Bounded, 'eventId' | 'look'> {
  readonly question: { readonly name: string }
}

/** What was found of one item, before its place in the inbox is worked out. */
interface Finding {
  readonly end: End
  readonly automatic: boolean
  readonly propensity: number
  readonly audited: boolean
  readonly certificate: string | null
  readonly whyNot: readonly Note[]
}

const asked = (reason: Reason, whyNot: readonly Note[] = []): Finding => ({
  end: { state: 'queued', reason },
  automatic: false,
  propensity: 1,
  audited: false,
  certificate: null,
  whyNot,
})

function verdictOf(item: Bounded, policy: Policy, autonomy: Within, must: Reason | null, decisionId: string): Verdict {
  const acting = actingVoice(item, autonomy)
  const { side, missing, voice } = routed(item, autonomy, acting, policy.threshold)
  const state = missing ? null : side
  const cannot = must ?? cannotDecide(voice, item.recordedAt)
  const draws = autonomy.draws(drawWords(item))
  const found = aboveAskLine(
    item,
    byMode(item, policy, autonomy, { state, voice, mode: side.mode, cannot, coin: draws.audit }),
  )
  const { end } = found
  const byModel = item.score.modelDigest !== null
  return {
    decisionId,
    policyVersion: policy.version,
    threshold: policy.threshold,
    action: side.action.name,
    mode: side.mode,
    gate: side.gate,
    state: end.state,
    reason: end.reason,
    automatic: found.automatic,
    propensity: found.propensity,
    audited: found.audited,
    certificate: found.certificate,
    whyNot: found.whyNot,
    auditCoin: draws.audit,
    actingVersion: byModel ? (autonomy.acting?.version ?? null) : (item.ruleVersion ?? null),
    // What comes late is never settled by itself: it misses a condition of every region before anybody knows its label.
    kappa: byModel
      ? kappaOf(acting.certified && !isLate(item) ? acting : null, autonomy, policy.threshold)
      : mainAlone.kappa,
    epoch: autonomy.epoch,
    cap: found.automatic ? side.action.capPerHour : null,
    review: end.state === 'queued' || found.audited ? reviewOf(item, autonomy, { state, voice }, found, draws) : null,
  }
}

/** Where a case is settled or asked, and by whose word. */
interface Routed {
  readonly side: ActionState
  /** Nothing is settled there in any mode. */
  readonly missing: boolean
  readonly voice: Voice
}

/**
 * The side on which the version that is acted on sees a case, and by whose word it is settled: certificates go by that version, the
 * plain rule by the model that serves. Where the two see it on sides of which only one goes by the plain rule, it is asked.
 */
function routed(item: Bounded, autonomy: Autonomy, acting: Voice, threshold: number): Routed {
  const by = ({ score: { probability: p } }: Voice) =>
    sideOf(autonomy.sides, p !== null && p < threshold ? 'clear' : 'act')
  const [found, missing] = by(acting)
  if (found.gate !== 'threshold' || acting.score === item.score) return { side: found, missing, voice: acting }
  const voice = servingVoice(item, autonomy, false)
  const [own, ownMissing] = by(voice)
  if (own.gate === 'threshold') return { side: own, missing: ownMissing, voice }
  return { side: found, missing: true, voice }
}

/** Of a side that is missing the other one stands for it: its mode is that of the question, and a person may say yes to it. */
function sideOf({ act, clear }: Sides<ActionState>, wanted: 'act' | 'clear'): readonly [ActionState, boolean] {
  const found = wanted === 'act' ? act : clear
  return found === undefined ? [(act ?? clear)!, true] : [found, false]
}

/** What nothing settled is asked from the ask line on, and recorded only below it. */
function aboveAskLine({ question: { askFrom = 0 }, score: { probability } }: Bounded, found: Finding): Finding {
  const { state, reason } = found.end
  if (askFrom === 0 || state !== 'queued' || reason === 'blind_audit') return found
  if (probability !== null && probability >= askFrom) return found
  const end: End = { state: 'logged', reason: 'below_ask_line' }
  // That it would be asked elsewhere says nothing of what is not.
  const whyNot = reason === 'above_ask_line' ? [] : [{ code: reason }, ...found.whyNot]
  return { ...found, end, propensity: 0, whyNot }
}

/** What is known of an item when its mode and gate are asked. */
interface Standing {
  /** null: the side is missing, so that nothing is settled there in any mode. */
  readonly state: ActionState | null
  readonly voice: Voice
  readonly mode: Mode
  readonly cannot: Reason | null
  readonly coin: number
}

function byMode(item: Bounded, policy: Policy, autonomy: Within, standing: Standing): Finding {
  const { endings } = item.question
  const { state, mode, cannot } = standing
  if (mode === 'stopped') return { ...asked('stopped'), end: endings.stopped }
  if (mode === 'asking' && state !== null) return asked(cannot ?? 'mode_asking')
  const would =
    cannot !== null
      ? asked(cannot)
      : state === null
        ? asked('above_ask_line', [beyond(item, policy)])
        : byGate(item, policy, autonomy, { ...standing, state })
  if (mode !== 'dry_run') return would
  const note: Note = { code: would.end.reason, detail: `would have been ${would.end.state}` }
  return { ...would, end: endings.dryRun, automatic: false, audited: false, whyNot: [note, ...would.whyNot] }
}

/** How far it is to the side on which something may be done by itself. */
const beyond = ({ score: { probability } }: Bounded, { threshold }: Policy): Note => ({
  code: 'above_ask_line',
  ...(probability !== null && { value: probability, limit: threshold }),
})

function byGate(
  item: Bounded,
  policy: Policy,
  autonomy: Within,
  { state, voice, coin }: Standing & { readonly state: ActionState },
): Finding {
  const { action } = state
  // A suspension holds for the plain rule too: only an admin arms the action again.
  if (state.gate === 'threshold' && !state.suspended) return done(item, autonomy, state, action.byRule, null)
  const certificate = voice.certified ? state.certificate : null
  const notes = standsInTheWay({ ...state, certificate }, voice, policy.threshold, item.recordedAt.getTime())
  if (certificate === null || notes.length > 0) return asked(notes[0]?.code ?? 'not_certified', notes)
  if (coin < action.auditRate) {
    // What cannot be called back waits for the auditor, unless waiting would be worse.
    const waits = !action.reversible && urgencyOf(item) !== 'high'
    const before = waits ? doneBefore(item, autonomy, action) : null
    if (before !== null) return asked(before)
    if (waits)
      return { ...asked('blind_audit'), propensity: action.auditRate, audited: true, certificate: certificate.id }
    const found = done(item, autonomy, state, action.certified, certificate.id)
    // Beyond the cap everything is asked, drawn or not: that is no sample of what is done by itself.
    return { ...found, audited: found.automatic }
  }
  return done(item, autonomy, state, action.certified, certificate.id)
}

/** Of what hangs on a case, before it is known on which. */
const urgencyOf = ({ question: { hangs, urgency }, look, score, enrichment }: Bounded): Urgency =>
  hangs === undefined || look === undefined
    ? urgency(enrichment)
    : urgencyOfSeverity(hangs.severity(look, score.probability))

const doneBefore = (item: Bounded, { onces }: Within, action: Action): Reason | null =>
  action.once === undefined || onces === null ? null : onces.before(item, action)

/** Done by itself, unless it was done before and is done once only, or the cap of this hour is reached. */
function done(
  item: Bounded,
  autonomy: Within,
  { action, mode }: ActionState,
  end: End,
  certificate: string | null,
): Finding {
  const before = doneBefore(item, autonomy, action)
  if (before !== null) return asked(before)
  if (mode === 'acting') {
    if (!autonomy.fits(action, item.recordedAt)) return asked('capped')
    autonomy.onces?.intend(item, action)
  }
  const propensity = certificate === null ? 0 : action.auditRate
  return { end, automatic: true, propensity, audited: false, certificate, whyNot: [] }
}

function reviewOf(
  item: Bounded,
  autonomy: Autonomy,
  { state, voice }: { readonly state: ActionState | null; readonly voice: Voice },
  { audited }: Finding,
  draws: Draws,
): Review {
  const region = state !== null && unlocks(state, voice.score.probability) ? state : null
  return {
    ...reviewDue(item.question, item.enrichment, item.recordedAt, autonomy.queueDays),
    unlocks: region !== null,
    // Every audit is answered without the machine's opinion; the others hide it as well, so that none is marked.
    blinded: audited || draws.blinding < autonomy.blindedShare,
    draw: reviewDraw(autonomy, region, { coin: draws.audit, audited, auditRate: state?.action.auditRate ?? 0 }),
  }
}

/** Would an outcome of this case count where the next certificate begins? */
function unlocks({ action, certificate, unlocksFrom }: ActionState, p: number | null): boolean {
  if (p === null || certificate !== null || unlocksFrom === null) return false
  return action.side === 'act' ? p >= unlocksFrom : p <= unlocksFrom
}
