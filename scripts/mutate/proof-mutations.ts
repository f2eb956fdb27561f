import { below, type Mutation } from './mutations.ts'

const server = below('packages/server/src')
const corruption = ['manage/receipts/corruption.db.test.ts']
const audit = ['manage/audit/audit.db.test.ts']
const erased = ['erasure.e2e.test.ts']

/** Mistakes by which a forged book holds, or what was to go stays. */
export const proofMutations: readonly Mutation[] = [
  ...server(
    'manage/receipts/walk-chain.ts',
    corruption,
    ['a link that was changed holds', '!expected.equals(link.hash)', 'expected.length === 0'],
    ['a link may follow any other', '!link.previous.equals(hash)', 'link.previous.length === 0'],
    ['links may be missing', 'link.seq !== seq + 1', 'link.seq < 0'],
    ['a tail that is missing is not missed', 'if (seq < chain.length)', 'if (seq < 0)'],
    ['a signed head says nothing of its link', 'hashes.get(head.length)?.equals(head.hash)', 'hashes.has(head.length)'],
    ['heads of any key are believed', 'else if (!walk.trusted(head))', 'else if (head.length < 0)'],
    ['saved heads are not held against the links', '!found.equals(head.hash)', 'found.length === 0'],
    ['a saved head beyond the end says nothing', '...saved.filter(head => head.length > seq)', ''],
  ),
  ...server(
    'manage/receipts/match-records.ts',
    corruption,
    ['a record that is stored twice is one', 'if (open.has(key)) problem', 'if (key === "") problem'],
    [
      'a record that is in no link holds',
      'else problem(`${nameOf(row)} is in no link',
      'else if (row.recordedAt === began) problem(`${nameOf(row)} is in no link',
    ],
    [
      'a digest whose record is gone went by retention',
      'else if (matching.gone(link.recordedAt)) expired++',
      'else if (true) expired++',
    ],
    [
      'what is before the first chain is false',
      'if (row.recordedAt < began) before++',
      'if (row.recordedAt.getTime() === 0) before++',
    ],
  ),
  ...server('manage/receipts/match-records.ts', erased, [
    'whoever calls a record erased is believed',
    'if (!seals.has(row.seal))',
    'if (row.seal === "")',
  ]),
  ...server(
    'manage/receipts/verify-ledger.ts',
    corruption,
    ['a whole chain may be missing', '!chains.some(chain => chain.chainId === chainId)', 'chainId === ""'],
    ['links of no chain are not seen', 'for (const chainId of await orphans(db, tenant))', 'for (const chainId of [])'],
  ),
  ...server(
    'manage/receipts/issue.ts',
    ['receipts.e2e.test.ts', 'erasure.e2e.test.ts'],
    [
      'a receipt tells what is withheld',
      '(await blindedOpinions(db, tenant, pod, [caseId])).size > 0',
      'caseId === ""',
    ],
    ['a receipt is given for what was erased', "record['erased'] === true", "record['erased'] === 'yes'"],
  ),
  ...server('manage/receipts/saved-heads.ts', corruption, [
    'a saved head that nobody signed is read',
    'if (head === null || !headHolds(head))',
    'if (head === null)',
  ]),
  ...server(
    'manage/audit/verify-audit.ts',
    audit,
    [
      'an entry that was changed holds',
      '!chainHash({ ...row, tenant }, previous).equals(row.hash)',
      'row.hash.length === 0',
    ],
    ['an entry may follow any other', '!row.previousHash.equals(previous)', 'row.previousHash.length === 0'],
    ['entries may be missing', 'row.seq !== expected', 'row.seq < expected'],
    ['a tail that is cut off is not missed', 'if (seq < stored.length)', 'if (seq < 0)'],
    ['a head that was moved back is not seen', 'if (seq > stored.length)', 'if (seq < 0)'],
    ['what was signed is not held against what is there', '!head.hash.equals(row.hash)', 'head.hash.length === 0'],
    ['a log that is shorter than what was signed holds', 'longest.length > seq', 'longest.length < 0'],
    ['a head that nobody signed holds', 'if (!headHolds(head))', 'if (head.length < 0)'],
    ['a head of any key holds', "trusted?.has(head.publicKey.toString('base64')) ?? true", 'true'],
  ),
  ...server('manage/audit/verify-audit.ts', audit, [
    'heads of another tenant are held against a log',
    '.filter(head => head.tenant === tenant)',
    '',
  ]),
  ...server(
    'manage/audit/check-and-sign.ts',
    audit,
    [
      'what does not hold together is signed',
      'if (verdict.ok && verdict.unsigned > 0)',
      "if (verdict.ok ? verdict.unsigned > 0 : (Object.assign(verdict, { head: { length: verdict.seq, hash: '00' } }), true))",
    ],
    ['what has not grown is signed again', 'verdict.unsigned > 0', 'verdict.unsigned >= 0'],
  ),
  ...server('manage/audit/saved-heads.ts', audit, [
    'a saved head of the log that nobody signed is read',
    'head === null || !headHolds(head)',
    'head === null',
  ]),
  ...server(
    'store/audit.ts',
    audit,
    [
      'the time of an entry is not hashed',
      '    at: entry.at.toISOString(),\n    actor: entry.actor,\n    action: entry.action,\n    reason: entry.reason,',
      '    actor: entry.actor,\n    action: entry.action,\n    reason: entry.reason,',
    ],
    [
      'who did it is not hashed',
      '    actor: entry.actor,\n    action: entry.action,\n    reason: entry.reason,\n    before: entry',
      '    action: entry.action,\n    reason: entry.reason,\n    before: entry',
    ],
    [
      'what was done is not hashed',
      '    action: entry.action,\n    reason: entry.reason,\n    before: entry',
      '    reason: entry.reason,\n    before: entry',
    ],
    ['the reason is not hashed', '    reason: entry.reason,\n    before: entry', '    before: entry'],
    ['the digest of what was is not hashed', '    before: entry.beforeDigest,\n', ''],
    ['the digest of what became is not hashed', '    after: entry.afterDigest,\n', ''],
    ['the request is not hashed', '    request_id: entry.requestId,\n', ''],
    ['the detail is not hashed', '    detail: entry.detail,\n    previous', '    previous'],
    [
      'whose log it is is not hashed',
      '    tenant: entry.tenant,\n    seq: entry.seq,\n    at: entry.at.toISOString()',
      '    seq: entry.seq,\n    at: entry.at.toISOString()',
    ],
  ),
  ...server(
    'store/erasure.ts',
    erased,
    ['the texts of an event stay', "payload = '{}', pii = null", 'pii = null'],
    ['the tokens of an event stay', "'{}', pii = null,", "'{}',"],
    ['the contact stays', ' sealed = null,', ''],
    ['the words that find a case stay', ' search = null,', ''],
    ['the id that a sender gave stays with the event', '${nothing}, event_id = case_id', '${nothing}'],
    [
      'messages stay',
      'delete from messages where tenant_id = $1 and pod = $2 and case_id = $3 returning',
      'select event_id from messages where tenant_id = $1 and pod = $2 and case_id = $3 and event_id = event_id --',
    ],
    [
      'notes of outcomes stay',
      'update outcomes set notes = null, versions = null',
      'update outcomes set versions = null',
    ],
    ['answers that were kept stay', 'kept as (delete from idempotency where', 'kept as (select from idempotency where'],
    ['notes of an answer stay', 'update inbox set notes = null,', 'update inbox set'],
    ['what waits for a person waits on', "when 'open' then 'withdrawn'", "when 'open' then 'open'"],
    [
      'what is to be sent stays',
      "await db.query('delete from outbox where",
      "await db.query('select from outbox where",
    ],
    ['features stay', 'features = given.features::json, ', ''],
    ['what was made of the text stays', "enrichment = '{}',", ''],
    ['whom it is about stays', "set subject = '', event_id", 'set event_id'],
    ['the id that a sender gave stays with the decision', 'event_id = d.case_id, features', 'features'],
    ['nothing keeps the digest of what was', 'erased_digest = given.digest', 'erased_digest = null'],
    [
      'a case is erased without its fence',
      'held.caseId !== one.caseId || held.tenant !== one.tenant',
      'held.caseId === ""',
    ],
    ['a seal says nothing of what was left', '.update(before).update(after)', '.update(before)'],
    [
      'the hash of what a sender sent stays',
      "update event_keys set payload_hash = '', decision_id = null",
      'update event_keys set decision_id = null',
    ],
    ['a delivery again brings the case back', "payload_hash = '', decision_id = null\n", "payload_hash = ''\n"],
    [
      'what was on its way stays',
      'delete from messages m using erased_cases e\n      where',
      'delete from messages m using erased_cases e\n      where false and',
    ],
  ),
  ...server(
    'manage/erasure/erase.ts',
    erased,
    ['nobody need say why', "if (order.reason.trim() === '')", "if (order.reason === 'none')"],
    [
      'what was to be done about it is done',
      "pending.map((act): ActEnd => ({ act, state: 'cancelled', reason }))",
      '[]',
    ],
    ['a second erasure is told again', 'if (!again || seals.length > 0)', 'if (true)'],
  ),
  ...server(
    'store/retention.ts',
    ['store/retention.db.test.ts'],
    ['ninety-nine messages are kept', 'messagesPerCase - 1}', 'messagesPerCase - 2}'],
    [
      'messages stay though their texts expire',
      'messages: `delete from messages where ${inPage}`',
      'messages: `select from messages where ${inPage}`',
    ],
    [
      'notes of outcomes stay though texts expire',
      'update outcomes set notes = null where ${inPage}',
      'update outcomes set notes = notes where ${inPage}',
    ],
    ['details stay though texts expire', "payload = (payload::jsonb - 'details')::json, ", ''],
    ['words of a text stay findable', ', search = ${contactWords}', ''],
  ),
  ...server(
    'store/contact-retention.ts',
    ['store/retention.db.test.ts'],
    [
      'contacts of cases that go on are taken',
      'update events e set sealed = null, search = null where ${inPage} and not exists (',
      'update events e set sealed = null, search = null where ${inPage} and exists (select) or not exists (',
    ],
    [
      'a touch is no sign of life',
      '(select f.at from fences f where f.tenant_id = $1 and f.case_id = ${caseId} and f.at >= $2)',
      'null::timestamptz',
    ],
    ['an outcome is no sign of life', "and o.source <> 'window'", "and o.source = 'window'"],
    [
      'a message is no sign of life',
      '(select max(m.recorded_at) from messages m',
      '(select min(null::timestamptz) from messages m',
    ],
    [
      'the words of a contact outlive it',
      'set sealed = null, search = null\n     from',
      'set sealed = null\n     from',
    ],
  ),
  ...server(
    'manage/retention/retain.ts',
    ['manage/retention/same-clock.db.test.ts', 'manage/retention/retain.db.test.ts'],
    ['a wrong clock deletes', 'if (wallClock !== null) await assertSameClock(db, wallClock)', ''],
    [
      'what keeps everything keeps nothing',
      'if (recordTtlDays > 0) await forget',
      'if (recordTtlDays >= 0) await forget',
    ],
    ['no limit for texts takes them all', 'if (memoryTtlDays > 0)', 'if (memoryTtlDays >= 0)'],
    ['no limit for contacts takes them all', 'if (contactTtlDays > 0)', 'if (contactTtlDays >= 0)'],
    [
      'months go though a tenant failed',
      'if (await eachTenant(tenant => retainOne(deps, tenant, at))) await',
      'await eachTenant(tenant => retainOne(deps, tenant, at)); await',
    ],
    [
      'what became of a decision goes with it',
      'outcomes: keptFrom(recordTtlDays + aftermathDays)',
      'outcomes: keptFrom(recordTtlDays)',
    ],
    ['conversations outlive their cases', '[memoryTtlDays, recordTtlDays].filter', '[memoryTtlDays].filter'],
    ['a month is cut at the day', 'at.getUTCMonth(), 1)', 'at.getUTCMonth(), at.getUTCDate())'],
  ),
  ...server(
    'store/drop-partitions.ts',
    ['store/drop-partitions.db.test.ts', 'manage/retention/retain.db.test.ts'],
    ['a month goes of which a day is kept', 'Date.UTC(year!, month!, 1)', 'Date.UTC(year!, month! - 1, 1)'],
    [
      'a month that ends where keeping begins stays',
      'endOf(name.slice(table.length + 1)) > from',
      'endOf(name.slice(table.length + 1)) >= from',
    ],
  ),
  ...server(
    'store/forget-records.ts',
    ['store/forget-records.db.test.ts', 'manage/retention/retain.db.test.ts', 'store/records.db.test.ts'],
    ['what a model was judged on goes before the model', "source in ('live', 'imported') and decided_at", 'decided_at'],
    [
      'rows that are gone may be counted anew',
      'markDone(handle, tenant, evidenceMark, before))\n  await forgetAll',
      'markDone(handle, tenant, mark, before))\n  await forgetAll',
    ],
    ['an open case goes by when it was opened', 'greatest(last_seen, opened_at, closed_at)', 'opened_at'],
  ),
]
