const words: Readonly<Record<string, string>> = {
  enough_rows: 'too few rows to train on',
  hold_out: 'too few later cases to judge on',
  fit: 'the fit did not succeed',
  auc_floor: 'it ranked the later cases worse than the floor allows',
  auc_lower_bound: 'its AUC was not sure enough',
  champion: 'it was not as good as the model in service',
  brier: 'its probabilities were no better than the base rate',
  segments: 'a segment did badly',
  live_labels: 'it did badly on live labels',
  freshness: 'its newest case was too old',
  leak: 'a column gave the answer away',
  flipped_labels: 'labels may have been exchanged',
  calibration: 'its probabilities were off',
  golden_cases: 'a golden case came out otherwise',
  better: 'it was not shown to be better than the model in service',
  // Of reports of before.
  certified_share: 'its certificates would have settled fewer cases than those of the model in service',
}

/** Why a check that failed refuses a model, in plain words; a check not known here gives its name. */
export const whyRefused = (name: string): string => words[name] ?? name.replaceAll('_', ' ')
