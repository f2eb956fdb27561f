#!/usr/bin/env node
// Verifies a receipt or a certificate of Surety offline:
//   node verify-receipt.mjs RECEIPT [--key PUBLIC_KEY_FILE] [--heads heads.json]
//   node verify-receipt.mjs CERTIFICATE --key PUBLIC_KEY_FILE [--rows LINES_FILE]
// One file, no dependencies, Node 20 or newer; the layouts are in docs/receipts.md and docs/certificates.md. It is long because an
// auditor takes it as it is, alone. Exit 0: holds, 1: does not, 2: usage.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

// The columns of a decision in the order of its digest; the last four hold JSON as text and are digested as they are.
const plain =
  'tenant_id decision_id pod case_id subject event_id schema_hash probability model_version model_digest lower upper level method calibration_size calibrated_probability policy_version threshold action mode gate automatic propensity state reason latency_us calibration_score calibrator label_set certificate_id audited'.split(
    ' ',
  )
// What a record of format 2 holds beyond one of format 1.
const later =
  'question question_subject acting_version kappa_act kappa_clear audit_coin predictions_digest findings_digest'.split(
    ' ',
  )
// What a prediction of another version says, in the order of its digest.
const predicted =
  'role model_version model_digest probability cannot lower upper calibration_size calibrated_probability calibration_score calibrator'.split(
    ' ',
  )
const times = 'occurred_at recorded_at'.split(' ')
const json = 'features enrichment notes residual_radii'.split(' ')

const sha256 = (...parts) => parts.reduce((state, part) => state.update(part), createHash('sha256')).digest()
const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A saved answer of the service holds it under `data`, beside what no signature covers. */
const withoutEnvelope = file => (isObject(file) && file.ok === true && isObject(file.data) ? file.data : file)

/** Stops with a sentence unless `holds`. */
function must(holds, sentence) {
  if (!holds) throw new Error(sentence)
}

function exactly(object, names, what) {
  must(isObject(object), `${what} is missing`)
  const given = Object.keys(object).sort().join(' ')
  must(given === [...names].sort().join(' '), `${what} must have the fields ${names.join(', ')} and no others`)
}

/** 32 bytes as 64 lower-case hexadecimal digits. */
function hash(text, what) {
  must(typeof text === 'string' && /^[0-9a-f]{64}$/.test(text), `${what} is not a SHA-256 in lower-case hexadecimal`)
  return Buffer.from(text, 'hex')
}

function base64(text, length, what) {
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64')
  must(bytes.length === length && bytes.toString('base64') === text, `${what} is not base64 of ${length} bytes`)
  return bytes
}

function time(text, what) {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN
  must(
    !Number.isNaN(ms) && new Date(ms).toISOString() === text,
    `${what} is not a time such as 2026-01-31T12:00:00.000Z`,
  )
  return ms
}

function count(value, what) {
  must(Number.isSafeInteger(value) && value >= 1, `${what} is not a whole number from 1 on`)
  return value
}

// DER of an Ed25519 public key: a fixed head, then the 32 raw bytes (RFC 8410).
const derHead = Buffer.from('302a300506032b6570032100', 'hex')
const keyOf = raw => createPublicKey({ key: Buffer.concat([derHead, raw]), format: 'der', type: 'spki' })
const keyIdOf = raw => sha256(raw).toString('hex').slice(0, 16)

/** @param format number of the format: 1 or 2 */
function recordDigest(record, format) {
  const values = [...plain, ...(format === 2 ? later : []), ...times]
  exactly(record, [...values, ...json], 'record')
  time(record.occurred_at, 'record.occurred_at')
  time(record.recorded_at, 'record.recorded_at')
  for (const name of values)
    must(
      record[name] === null || ['string', 'number', 'boolean'].includes(typeof record[name]),
      `record.${name} is no value`,
    )
  for (const name of json) {
    const text = record[name]
    if (text === null) continue
    must(typeof text === 'string', `record.${name} must be JSON as text`)
    // One whole JSON value, so that no column can reach into the next.
    must(isJson(text) && text !== 'null', `record.${name} is not one JSON value`)
  }
  const elements = [
    `"surety.record/${format}"`,
    ...values.map(name => JSON.stringify(record[name])),
    ...json.map(name => record[name] ?? 'null'),
  ]
  return sha256(`[${elements.join(',')}]`)
}

/** SHA-256 of the JSON array of what other versions said, each the array of the name of its format and its values. */
function predictionsDigest(predictions) {
  must(Array.isArray(predictions), 'predictions is missing')
  const said = predictions.map((one, i) => {
    exactly(one, predicted, `prediction ${i + 1}`)
    const values = predicted.map(name => one[name])
    must(
      values.every(value => value === null || ['string', 'number'].includes(typeof value)),
      `prediction ${i + 1} holds what is no value`,
    )
    return ['surety.prediction/1', ...values]
  })
  return sha256(JSON.stringify(said))
}

function isJson(text) {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** SHA-256 of: hash before (32 bytes), number and time in ms (8 bytes each, big-endian), hash of the records (32 bytes). */
function linkHash(previous, seq, ms, records) {
  const numbers = Buffer.alloc(16)
  numbers.writeBigInt64BE(BigInt(seq), 0)
  numbers.writeBigInt64BE(BigInt(ms), 8)
  return sha256(previous, numbers, records)
}

function headHolds(head, what) {
  exactly(head, ['tenant', 'chain_id', 'length', 'hash', 'signed_at', 'key_id', 'public_key', 'signature'], what)
  const { tenant, chain_id, length, signed_at } = head
  count(length, `${what}.length`)
  hash(head.hash, `${what}.hash`)
  time(signed_at, `${what}.signed_at`)
  const raw = base64(head.public_key, 32, `${what}.public_key`)
  must(head.key_id === keyIdOf(raw), `${what}.key_id is not the id of its public key`)
  const text = JSON.stringify(['surety.head/1', tenant, chain_id, length, head.hash, signed_at])
  const signed = verify(null, Buffer.from(text), keyOf(raw), base64(head.signature, 64, `${what}.signature`))
  must(signed, `the signature of ${what} does not hold`)
}

/**
 * @param receipt parsed receipt
 * @param trusted `keys`: base64 of public keys that you had before; `heads`: a parsed file of heads that you had before
 * @returns the sentences of the steps; throws an Error with the sentence of the step that does not hold
 */
export function verifyReceipt(receipt, trusted = {}) {
  const steps = []
  must(isObject(receipt), 'the receipt is missing')
  // There is one of those that another version spoke of as well.
  const others = isObject(receipt.record) && (receipt.record.predictions_digest ?? null) !== null
  exactly(
    receipt,
    [
      'format',
      'record',
      ...(others ? ['predictions'] : []),
      'digest',
      'link',
      'following',
      'head',
      'information',
      'information_signature',
      'information_key',
    ],
    'the receipt',
  )
  const format = ['surety.receipt/1', 'surety.receipt/2'].indexOf(receipt.format) + 1
  must(format > 0, 'the format is neither surety.receipt/1 nor surety.receipt/2')
  const { record, link, following, head } = receipt

  must(
    recordDigest(record, format).equals(hash(receipt.digest, 'digest')),
    'the record does not have the digest that is named',
  )
  steps.push(
    `record: decision ${record.decision_id} of tenant ${record.tenant_id}, recorded at ${record.recorded_at}, ${record.action}: ${record.state} (${record.reason}), has the digest ${receipt.digest}`,
  )

  if (others) {
    must(
      predictionsDigest(receipt.predictions).equals(hash(record.predictions_digest, 'record.predictions_digest')),
      'the predictions do not have the digest that the record names',
    )
    const said = receipt.predictions.map(
      one =>
        `version ${one.model_version} (${one.role}) ${one.probability === null ? 'could not say' : `said ${one.probability}`}`,
    )
    steps.push(`predictions: ${said.join(', ')}`)
  }

  exactly(link, ['chain_id', 'seq', 'recorded_at', 'previous', 'digests', 'hash'], 'link')
  must(
    Array.isArray(link.digests) && link.digests.includes(receipt.digest),
    'the link does not hold the digest of the record',
  )
  const digests = Buffer.concat(link.digests.map(digest => hash(digest, 'a digest of the link')))
  let previous = hash(link.previous, 'link.previous')
  const start = sha256(`surety.chain/1\n${record.tenant_id}\n${link.chain_id}`)
  must(link.seq !== 1 || previous.equals(start), 'the first link does not begin the chain of this tenant')
  previous = linkHash(
    previous,
    count(link.seq, 'link.seq'),
    time(link.recorded_at, 'link.recorded_at'),
    sha256(digests),
  )
  must(previous.equals(hash(link.hash, 'link.hash')), 'the link does not have the hash that is named')
  steps.push(`link: number ${link.seq} of chain ${link.chain_id} holds this digest among ${link.digests.length}`)

  must(Array.isArray(following), 'following is missing')
  const hashes = new Map([[link.seq, link.hash]])
  let seq = link.seq
  for (const next of following) {
    exactly(next, ['seq', 'recorded_at', 'records', 'hash'], 'a following link')
    seq++
    must(next.seq === seq, `link ${seq} is missing`)
    previous = linkHash(
      previous,
      seq,
      time(next.recorded_at, `time of link ${seq}`),
      hash(next.records, `records of link ${seq}`),
    )
    must(previous.equals(hash(next.hash, `hash of link ${seq}`)), `link ${seq} does not follow the one before`)
    hashes.set(seq, next.hash)
  }
  steps.push(`path: ${following.length} further links lead to number ${seq}`)

  headHolds(head, 'head')
  must(head.tenant === record.tenant_id && head.chain_id === link.chain_id, 'the head is that of another chain')
  must(head.length === seq && head.hash === previous.toString('hex'), 'the head is not at the end of the path')
  steps.push(`head: signed at ${head.signed_at} with key ${head.key_id}`)

  const text = JSON.stringify(['surety.information/1', receipt.digest, receipt.information])
  must(isObject(receipt.information), 'information is missing')
  const informationKey = base64(receipt.information_key, 32, 'information_key')
  const signature = base64(receipt.information_signature, 64, 'information_signature')
  must(
    verify(null, Buffer.from(text), keyOf(informationKey), signature),
    'the signature of the information does not hold',
  )
  const keys = [head.public_key, ...(trusted.keys ?? []), ...headsOf(trusted.heads).map(saved => saved.public_key)]
  must(
    keys.includes(receipt.information_key),
    `the information was signed with key ${keyIdOf(informationKey)}, which is not that of the head; if it was changed, give both with --key`,
  )
  steps.push(`information: as the installation stated it at ${receipt.information.issued_at}; no chain proves it`)

  steps.push(...checkTrust(head, link, hashes, trusted))
  return steps
}

function headsOf(file) {
  if (file === undefined) return []
  must(isObject(file) && file.format === 'surety.heads/1' && Array.isArray(file.heads), 'the file of heads is not one')
  for (const [i, saved] of file.heads.entries()) headHolds(saved, `saved head ${i + 1}`)
  return file.heads
}

function checkTrust(head, link, hashes, { keys, heads }) {
  const steps = []
  if (keys !== undefined) {
    must(keys.includes(head.public_key), `the head was signed with key ${head.key_id}, not with a key that you gave`)
    steps.push('key: it is one that you gave')
  }
  if (heads !== undefined) {
    must(
      keys !== undefined || headsOf(heads).some(saved => saved.public_key === head.public_key),
      'no saved head was signed with the key of this receipt; give that key with --key if it was changed since',
    )
    const same = headsOf(heads).filter(saved => saved.tenant === head.tenant && saved.chain_id === head.chain_id)
    const on = same.filter(saved => hashes.has(saved.length))
    for (const saved of on)
      must(
        saved.hash === hashes.get(saved.length),
        `the saved head of ${saved.signed_at} had another link ${saved.length}: the chain was written anew`,
      )
    must(
      !same.some(saved => saved.length < link.seq && saved.signed_at > head.signed_at),
      'a saved head that is newer was shorter: the chain was written anew',
    )
    steps.push(
      on.length > 0
        ? `heads: the saved head at link ${on[0].length} is on this path`
        : 'heads: the key is known from them; none of them is on this path, so they say nothing more (surety verify --receipts --heads compares the whole chain)',
    )
  }
  if (keys === undefined && heads === undefined)
    steps.push(
      'key: the signature was checked against the key inside the file ONLY. Anybody can make a key: give the one you know with --key',
    )
  return steps
}

// ---- certificates ----

/** RFC 8785: keys sorted, no blanks. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonical(value[key])}`)
  return `{${members.join(',')}}`
}

/** A whole number from 0 on. */
function whole(value, what) {
  must(Number.isSafeInteger(value) && value >= 0, `${what} is not a whole number`)
  return value
}

function share(value, what) {
  must(typeof value === 'number' && value > 0 && value < 1, `${what} is not a share between 0 and 1`)
  return value
}

/** Figures were made by another program on another machine: the last digits may differ. */
function same(stated, own, what) {
  const close = typeof stated === 'number' && Math.abs(stated - own) <= 1e-9 * Math.max(1, Math.abs(own))
  must(close, `${what} is stated as ${stated}, but the counts say ${own}`)
}

/** P(Bin(n, p) <= k), summed up; 1 from k = n on. */
function binomialCdf(k, n, p) {
  if (k >= n) return 1
  let log = n * Math.log1p(-p)
  let top = log
  const logs = [log]
  for (let i = 0; i < k; i++) {
    log += Math.log((n - i) / (i + 1)) + Math.log(p) - Math.log1p(-p)
    top = Math.max(top, log)
    logs.push(log)
  }
  return Math.exp(top) * logs.reduce((sum, one) => sum + Math.exp(one - top), 0)
}

/** ln of the mean of four bets that at most `alpha` are wrong, with `wrong` of `rows` wrong. */
function lnEvidence(wrong, rows, alpha) {
  const logs = [0.1, 0.4, 0.65, 0.85].map(
    c => wrong * Math.log(c) + (rows - wrong) * (Math.log1p(-c * alpha) - Math.log1p(-alpha)),
  )
  return logSum(logs) - Math.log(4)
}

function logSum(logs) {
  const top = Math.max(...logs)
  return top === -Infinity ? top : top + Math.log(logs.reduce((sum, one) => sum + Math.exp(one - top), 0))
}

/** Largest average share of wrong ones that `limit` does not rule out. */
function upperBound(wrong, rows, limit) {
  if (wrong === rows) return 1
  let [low, high] = [0, 1]
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (middle > 0 && lnEvidence(wrong, rows, middle) >= limit) high = middle
    else low = middle
  }
  return high
}

/** What the walk weighs at each cut: see "Walk" in docs/certificates.md. */
function walk(evidence, chains) {
  const reached = evidence.map(() => -Infinity)
  const before = []
  for (const [j, { cut: start, weight }] of chains.entries()) {
    const end = chains[j + 1]?.cut ?? -1
    let lowest = Infinity
    for (let cut = start; cut > end; cut--) {
      lowest = Math.min(lowest, evidence[cut])
      let least = lowest
      const terms = [Math.log(weight) + lowest]
      for (const chain of [...before].reverse()) {
        least = Math.min(least, chain.lowest)
        terms.push(Math.log(chain.weight) + least)
      }
      reached[cut] = logSum(terms)
    }
    before.push({ weight, lowest })
  }
  return reached
}

const cutsThereAre = 64

/** What the document of a record says of itself, computed anew from its 64 pairs. */
function recordHolds(doc) {
  const { side, budget, record, delta, cut, pairs, chains } = doc
  must(side === 'act' || side === 'clear', 'the side is neither act nor clear')
  share(budget?.alpha, 'budget.alpha')
  share(budget.delta, 'budget.delta')
  if (budget.miss_budget !== null) share(budget.miss_budget, 'budget.miss_budget')
  const halvings = whole(delta?.suspensions, 'delta.suspensions') + whole(delta.budget_changes, 'delta.budget_changes')
  same(delta.of_record, budget.delta / 2 ** halvings, 'delta of the record')
  must(isObject(record), 'the record is missing')
  must(doc.id === idOf(doc), 'the id is not made of this record and this moment')
  const limit = -Math.log(budget.delta / 2 ** halvings)

  must(Array.isArray(pairs) && pairs.length === cutsThereAre, `there are not ${cutsThereAre} pairs of counts`)
  const positives = whole(record?.positives, 'record.positives')
  whole(record.rows, 'record.rows')
  for (const [k, pair] of pairs.entries()) {
    must(Array.isArray(pair) && pair.length === 2, `pair ${k} is no pair`)
    const [rows, wrong] = [whole(pair[0], `rows of cut ${k}`), whole(pair[1], `wrong ones of cut ${k}`)]
    const [looser, worse] = k === 0 ? [record.rows, Infinity] : pairs[k - 1]
    const held = wrong <= rows && rows <= looser && wrong <= worse && rows - wrong <= looser - (k === 0 ? 0 : worse)
    must(held, `cut ${k} holds more than the cut around it`)
    const ofClassOne = side === 'clear' ? wrong : rows - wrong
    must(ofClassOne <= positives, `cut ${k} holds more of class 1 than there are`)
  }
  completenessHolds(doc)
  chainsHold(doc)
  const evidence = pairs.map(([rows, wrong]) => {
    const errors = lnEvidence(wrong, rows, budget.alpha)
    return budget.miss_budget === null ? errors : Math.min(errors, lnEvidence(wrong, positives, budget.miss_budget))
  })
  const reached = walk(evidence, chains)
  const certified = reached.flatMap((one, k) => (one >= limit - 1e-12 ? [k] : []))
  must(certified.length > 0, 'the counts certify no cut')
  must(
    JSON.stringify(doc.cuts) === JSON.stringify(certified),
    `the cuts are stated as ${JSON.stringify(doc.cuts)}, but the counts certify ${JSON.stringify(certified)}`,
  )
  const k = cut?.k
  must(k === certified[0], `the loosest certified cut is ${certified[0]}, not ${k}`)
  const [rows, wrong] = pairs[k]
  must(record.in_region === rows && record.wrong === wrong, 'the counts of the region are not those of its cut')
  same(doc.evidence?.ln, reached[k], 'the evidence')
  same(doc.evidence.limit, limit, 'the limit of the evidence')
  same(doc.upper, upperBound(wrong, rows, limit), 'the upper bound')
  if (budget.miss_budget === null) must(doc.miss_upper === null, 'a bound of missed ones is stated without a budget')
  else same(doc.miss_upper, upperBound(wrong, positives, limit), 'the upper bound of missed ones')
  must(doc.upper <= budget.alpha, 'the upper bound is above the budget')
  must(
    cut.threshold === null || (side === 'act' ? cut.threshold >= cut.floor : cut.threshold <= cut.floor),
    'the threshold is beyond the operator’s',
  )
  must(doc.method === 'record_betting_mixture', 'the method is not record_betting_mixture')
  return [
    `counts: ${rows} of ${record.rows} cases lay in cut ${k} and ${wrong} of them were wrong; the walk from the 64 pairs certifies cuts ${certified.join(', ')}, evidence ${reached[k].toFixed(4)} of ${limit.toFixed(4)}`,
    `bound: at most ${(100 * doc.upper).toFixed(2)} % wrong on average over all model versions, budget ${(100 * budget.alpha).toFixed(2)} %, delta ${delta.of_record}`,
    checkHolds(doc),
  ]
}

function chainsHold({ chains, plan }) {
  must(Array.isArray(chains) && chains.length > 0, 'the chains of cuts are missing')
  let [last, total] = [cutsThereAre, 0]
  for (const { cut, weight } of chains) {
    must(Number.isInteger(cut) && cut >= 0 && cut < last && weight > 0, 'the chains of cuts are none')
    last = cut
    total += weight
  }
  must(Math.abs(total - 1) <= 1e-9, 'the weights of the chains do not add up to 1')
  if (plan === null) return
  const at = part => Math.min(cutsThereAre - 1, Math.max(0, Math.floor(-Math.log(plan / part) / Math.log(1.1))))
  const [strict, loose] = [at(8), at(3)]
  const own =
    strict === loose
      ? [[strict, 1]]
      : [
          [strict, 0.3],
          [loose, 0.7],
        ]
  must(
    JSON.stringify(chains.map(({ cut, weight }) => [cut, weight])) === JSON.stringify(own),
    'the chains do not begin where the plan puts them',
  )
}

function checkHolds({ check, budget, model }) {
  if (check === null) return 'check: the version that acts had not been looked at'
  must(isObject(check) && check.digest === model?.digest, 'the check is that of another version')
  const [rows, wrong] = [whole(check.in_cut, 'check.in_cut'), whole(check.wrong, 'check.wrong')]
  must(wrong <= rows && rows <= whole(check.rows, 'check.rows'), 'the counts of the check are none')
  same(check.p, binomialCdf(wrong, rows, budget.alpha), 'the p-value of the check')
  const missP =
    budget.miss_budget === null
      ? null
      : binomialCdf(wrong, whole(check.positives, 'check.positives'), budget.miss_budget)
  if (missP === null) must(check.miss_p === null, 'the check states a p-value without a budget')
  else same(check.miss_p, missP, 'the p-value of missed ones in the check')
  must(check.level === 0.2, 'the level of the check is not .2')
  const passes = rows >= 10 && check.p <= check.level && (missP === null || missP <= check.level)
  return `check: model ${check.version} ${passes ? 'passed' : 'did NOT pass'} at this cut on ${rows} cases it had never seen, ${wrong} wrong`
}

/** Of one model alone, as certificates were before records: its bound and what its attempt might spend. */
function walkHolds(doc) {
  const { budget, counts, miss, spending } = doc
  share(budget?.alpha, 'budget.alpha')
  share(budget.delta, 'budget.delta')
  count(spending, 'spending')
  same(doc.delta_t, (6 * budget.delta) / (Math.PI * spending) ** 2, 'what this attempt may spend')
  const [rows, wrong] = [whole(counts?.accepted, 'counts.accepted'), whole(counts.wrong, 'counts.wrong')]
  must(wrong <= rows && rows <= whole(counts.n, 'counts.n'), 'the counts are none')
  must((miss === null) === (budget.miss_budget === null), 'the miss budget has no bound of its own')
  // The bound is where so few wrong ones would be seen with a chance of the delta that is spent on it.
  const each = miss === null ? doc.delta_t : doc.delta_t / 2
  must(
    typeof doc.upper === 'number' && doc.upper > 0 && doc.upper <= budget.alpha,
    'the upper bound is above the budget',
  )
  const chance = binomialCdf(wrong, rows, doc.upper)
  must(
    Math.abs(chance - each) <= 1e-6 * each,
    `the upper bound ${doc.upper} is not that of ${wrong} wrong among ${rows}`,
  )
  return [
    `counts: ${wrong} of ${rows} cases of model ${doc.model?.version} were wrong, so at most ${(100 * doc.upper).toFixed(2)} %, budget ${(100 * budget.alpha).toFixed(2)} %, delta ${each}`,
  ]
}

/** Of a record, its changes of budget and its moment: the first 16 bytes of a SHA-256, as a UUID of version 8 (RFC 9562). */
function idOf({ format, tenant, record, delta, issued_at }) {
  const bytes = sha256(canonical([format, tenant, record.id, delta.budget_changes, issued_at])).subarray(0, 16)
  bytes[6] = (bytes[6] & 0x0f) | 0x80
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Cases without a label that count as wrong, inside each cut: part of its pair, without a line of their own. */
function assumedWrong({ pairs, completeness }) {
  const assumed = completeness?.assumed_wrong
  must(
    Array.isArray(assumed) && assumed.length === pairs.length,
    'what counts as wrong without a label is not told of each cut',
  )
  for (const [k, cases] of assumed.entries()) {
    whole(cases, `cases without a label in cut ${k}`)
    must(k === 0 || cases <= assumed[k - 1], `cut ${k} holds more cases without a label than the cut around it`)
    must(cases <= pairs[k][1], `cut ${k} holds more cases without a label than wrong ones`)
    // What is left is wrong by its label, and of that no stricter cut holds more either.
    const wrong = pairs[k][1] - cases
    must(
      k === 0 || wrong <= pairs[k - 1][1] - assumed[k - 1],
      `cut ${k} holds more wrong labels than the cut around it`,
    )
  }
  return assumed
}

/** Of the budget, the share of cases without a label that costs nothing. */
const spared = 1 / 8

/** Nine tenths have a label, and those without one count as wrong: at least those of the region that was looked at. */
function completenessHolds(doc) {
  const { pairs, record, budget, completeness } = doc
  const assumed = assumedWrong(doc)
  must(
    whole(record.lines, 'record.lines') + assumed[0] === record.rows,
    `the rows are stated as ${record.rows}, but there are ${record.lines} with a label and ${assumed[0]} that count as wrong without one`,
  )
  const { basis, decisions, labelled, drawn_below: below } = completeness
  must(basis === 'all' ? below === null : basis === 'audited' && typeof below === 'number', 'the basis is none')
  must(whole(labelled, 'completeness.labelled') <= whole(decisions, 'completeness.decisions'), 'more labels than cases')
  must(labelled >= 0.9 * decisions, `only ${labelled} of ${decisions} cases have a label, fewer than nine tenths`)
  const without = decisions - labelled
  const least = Math.ceil(without - spared * budget.alpha * (pairs[0][0] - assumed[0] + without) - 1e-9)
  must(
    assumed[0] >= least,
    `${without} of ${decisions} cases have no label, so at least ${least} must count as wrong, but ${assumed[0]} do`,
  )
}

/** The lines of the rows that it stands on: `[case id, ms, version, cut, label]`, each with a line feed. */
function rowsHold(doc, text) {
  const { record, pairs, side, completeness } = doc
  must(sha256(text).toString('hex') === record.digest, 'the rows do not have the digest that the certificate names')
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
  must(lines.length === record.lines, `there are ${lines.length} rows, but the certificate names ${record.lines}`)
  const assumed = assumedWrong(doc)
  const own = assumed.map(cases => [cases, cases])
  let positives = side === 'clear' ? assumed[0] : 0
  for (const [, , , cut, label] of lines) {
    positives += label
    for (let k = 0; k <= cut; k++) {
      own[k][0]++
      if (label === (side === 'act' ? 0 : 1)) own[k][1]++
    }
  }
  const other = own.findIndex(([rows, wrong], k) => rows !== pairs[k][0] || wrong !== pairs[k][1])
  must(
    other < 0,
    `the rows do not have the counts of the certificate: in cut ${other} are ${own[other]} with the ${assumed[other]} without a label, not ${pairs[other]}`,
  )
  must(positives === record.positives, `the rows hold ${positives} of class 1, not ${record.positives}`)
  return `rows: ${lines.length} lines have the digest and all 64 pairs of counts${completeness.basis === 'all' ? '' : ' (those drawn by the audit coin alone)'}`
}

const certificateFormats = { 'surety.certificate/1': walkHolds, 'surety.certificate/2': recordHolds }
const lifeMs = 30 * 86_400_000

/**
 * @param certificate parsed certificate, as GET /ops/certificates/{id} answers it or as it is stored
 * @param trusted `keys`: base64 of public keys that you had before
 * @param rows text of the lines it stands on; left out: they are not looked at
 * @returns the sentences of the steps; throws an Error with the sentence of the step that does not hold
 */
export function verifyCertificate(certificate, trusted, rows) {
  const { verdict, ...signed } = certificate
  exactly(signed, ['document', 'digest', 'signature'], 'the certificate')
  const { document: doc, digest, signature } = signed
  const holds = certificateFormats[doc?.format]
  must(holds !== undefined, `the format is neither ${Object.keys(certificateFormats).join(' nor ')}`)
  must(
    sha256(canonical(doc)).equals(hash(digest, 'digest')),
    'the document was changed: it does not have the digest that is named',
  )
  exactly(signature, ['alg', 'key_id', 'value'], 'signature')
  const raw = trusted.keys.map(key => Buffer.from(key, 'base64')).find(key => keyIdOf(key) === signature.key_id)
  must(raw !== undefined, `it was signed with key ${signature.key_id}, not with a key that you gave`)
  must(
    verify(null, Buffer.from(digest, 'hex'), keyOf(raw), base64(signature.value, 64, 'signature.value')),
    'the signature does not hold',
  )
  const life = time(doc.expires_at, 'expires_at') - time(doc.issued_at, 'issued_at')
  must(life === lifeMs, 'it does not live for 30 days')
  const steps = [
    `document: certificate ${doc.id} for ${doc.action} of tenant ${doc.tenant}, issued at ${doc.issued_at} for 30 days, has the digest ${digest}`,
    `signature: made with key ${signature.key_id}, which you gave`,
    ...holds(doc),
  ]
  if (rows !== undefined) {
    must(doc.format === 'surety.certificate/2', 'only certificates of a record name the digest of their rows')
    steps.push(rowsHold(doc, rows))
  }
  if (verdict !== undefined)
    steps.push(`state: ${verdict?.state}, as the service said; nothing in the document proves it`)
  return steps
}

// ---- the program ----

/** Public keys, each as base64 of its 32 bytes: separated by commas or blanks, or one PEM. */
export function readKeys(text) {
  if (!text.includes('BEGIN'))
    return text
      .split(/[\s,]+/)
      .filter(word => word !== '')
      .map(word => base64(word, 32, 'a public key').toString('base64'))
  const key = createPublicKey(text)
  must(key.asymmetricKeyType === 'ed25519', 'the public key is not an Ed25519 key')
  return [key.export({ format: 'der', type: 'spki' }).subarray(derHead.length).toString('base64')]
}

const usage = `usage: surety verify-receipt FILE [--key PUBLIC_KEY_FILE] [--heads HEADS_FILE] [--rows LINES_FILE]
Verifies a receipt or a certificate offline. --key: the installation's public key (base64 of 32 bytes, or PEM), as you know it from
elsewhere; a certificate needs it. --heads: of a receipt, a file that surety receipt --heads wrote earlier and that you kept. --rows: of a
certificate, the lines of the cases that it stands on. Exit 0: holds; 1: does not; 2: usage.
The same file runs by itself: node bin/verify-receipt.mjs FILE
`

function stepsOf(given, trusted, rows) {
  if (!(isObject(given) && 'document' in given)) return verifyReceipt(given, trusted)
  if (trusted.keys === undefined)
    throw Object.assign(new Error('a certificate is as good as its signature: give the key you know with --key'), {
      usage: true,
    })
  return verifyCertificate(given, trusted, rows)
}

export function main(args) {
  let parsed
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        key: { type: 'string' },
        heads: { type: 'string' },
        rows: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}`)
    return 2
  }
  const { values, positionals } = parsed
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  if (positionals.length !== 1) {
    process.stderr.write(usage)
    return 2
  }
  let what = 'receipt'
  const read = path => {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      throw Object.assign(new Error(`${path} cannot be read (${error.code ?? error.message})`), { usage: true })
    }
  }
  try {
    const trusted = {
      ...(values.key === undefined ? {} : { keys: readKeys(read(values.key)) }),
      ...(values.heads === undefined ? {} : { heads: JSON.parse(read(values.heads)) }),
    }
    const given = withoutEnvelope(JSON.parse(read(positionals[0])))
    if (isObject(given) && 'document' in given) what = 'certificate'
    for (const step of stepsOf(given, trusted, values.rows && read(values.rows))) process.stdout.write(`ok   ${step}\n`)
    process.stdout.write(`The ${what} holds.\n`)
    return 0
  } catch (error) {
    process.stdout.write(`BAD  ${error instanceof SyntaxError ? 'that is not JSON' : error.message}\n`)
    process.stdout.write(error.usage ? '' : `The ${what} does NOT hold.\n`)
    return error.usage ? 2 : 1
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = main(process.argv.slice(2))
