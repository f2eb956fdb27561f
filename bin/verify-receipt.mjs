#!/usr/bin/env node
// Verifies a receipt of Surety offline: node verify-receipt.mjs FILE [--key PUBLIC_KEY_FILE] [--heads heads.json]
// One file, no dependencies, Node 20 or newer; the layout is in docs/receipts.md. Exit 0: holds, 1: does not, 2: usage.
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

const usage = `usage: surety verify-receipt FILE [--key PUBLIC_KEY_FILE] [--heads HEADS_FILE]
Verifies a receipt offline. --key: the installation's public key (base64 of 32 bytes, or PEM), as you know it from elsewhere;
--heads: a file that surety receipt --heads wrote earlier and that you kept. Exit 0: holds; 1: does not; 2: usage.
The same file runs by itself: node bin/verify-receipt.mjs FILE
`

export function main(args) {
  let parsed
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: { key: { type: 'string' }, heads: { type: 'string' }, help: { type: 'boolean' } },
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
    for (const step of verifyReceipt(JSON.parse(read(positionals[0])), trusted)) process.stdout.write(`ok   ${step}\n`)
    process.stdout.write('The receipt holds.\n')
    return 0
  } catch (error) {
    process.stdout.write(`BAD  ${error instanceof SyntaxError ? 'that is not JSON' : error.message}\n`)
    process.stdout.write(error.usage ? '' : 'The receipt does NOT hold.\n')
    return error.usage ? 2 : 1
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = main(process.argv.slice(2))
