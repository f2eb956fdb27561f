/** The five ends of an item that asked for a decision. Every accepted item has exactly one (conservation). */
export const states = ['acted', 'queued', 'suppressed', 'logged', 'expired'] as const
export type State = (typeof states)[number]

/** The one closed list of reason codes: why an item ended as it did. There is no "other". */
export const reasonSentences = {
  above_threshold_certified: 'The score is above the threshold and the action holds a certificate.',
  threshold_mode: 'The gate of the action is the plain threshold rule.',
  approved_by_human: 'A person approved it.',
  declined_by_human: 'A person declined it.',
  not_certified: 'The action holds no certificate yet, so a person decides.',
  uncertain: 'The score lies in neither certified region.',
  no_model: 'No model is active, so a person decides.',
  enrichment_off: 'Text enrichment is switched off, so nothing is automated.',
  blind_audit: 'Drawn for a blind audit.',
  suspended_by_tripwire: 'The tripwire suspended this action.',
  review_requested: 'A review by a person was requested.',
  certified_no: 'The score is in the certified region for not acting.',
  below_threshold: 'The score is below the plain threshold.',
  opted_out: 'The person opted out.',
  no_contact_channel: 'There is no channel to reach the person.',
  duplicate_lead: 'The same contact already has open follow-ups.',
  cap_reached: 'A cap on messages is reached.',
  followups_off: 'Follow-ups are switched off.',
  dry_run: 'Dry run: recorded what would have been done.',
  outcome_known: 'The outcome is already known.',
  queue_ttl: 'It waited in the queue until it expired.',
  human_took_over: 'A person took over before the machine acted.',
  mode_asking: 'The mode is asking: a person decides.',
  stopped: 'The mode is stopped: accepted and recorded only.',
  missing_feature: 'A feature is missing; the model scored through its missing column or could not score.',
  unseen_category: 'A level was never seen in training; it was scored through the trained level "other".',
  stale_calibrator: 'The calibrator is too old to be trusted.',
  capped: 'A cap on actions per hour is reached.',
  no_interval: 'There is no interval on the probability yet, and this action needs one.',
  interval_wide: 'The interval on the probability is too wide for this action.',
  interval_crosses_threshold: 'The lower bound of the probability is below the threshold.',
  no_score: 'Nothing could score it.',
  flag_off: 'The automation flag of this action is off.',
  late: 'It arrived too late to be acted on by itself.',
  duplicate: 'The same thing is being dealt with already.',
  recently_cleared: 'The same thing was cleared a short while ago.',
  breaker_open: 'A part that this action needs is switched off after failures.',
  error: 'Scoring failed; a person decides.',
  above_ask_line: 'Nothing is settled by itself on this side, so a person decides.',
  below_ask_line: 'Nothing settled it, and its probability lies below the ask line: recorded only.',
} as const
export type Reason = keyof typeof reasonSentences
export const reasons = Object.keys(reasonSentences) as Reason[]
