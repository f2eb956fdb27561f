import { below, type Mutation } from './mutations.ts'

const server = below('packages/server/src')
const keys = ['manage/keys/keys.db.test.ts']
const access = ['transport/http/access.e2e.test.ts', 'transport/http/access.test.ts']

/** Mistakes by which somebody sees or does what is not theirs: keys, roles, tenants, leases, answers given before. */
export const accessMutations: readonly Mutation[] = [
  ...server(
    'manage/keys/authenticate.ts',
    keys,
    [
      'any secret of a known id is right',
      'if (sameSecret(row.secretHash, key.secretHash)) return',
      'if (row.secretHash.length > 0) return',
    ],
    [
      'an old secret is good for ever',
      'found === null || (found.until !== null && found.until <= now())',
      'found === null',
    ],
    ['a key that was switched off is let in', '!row.enabled', 'row.name === "\\0"'],
    ['a key is let in at the moment it expires', 'row.expiresAt <= now', 'row.expiresAt < now'],
    ['a key that was switched off elsewhere lives on', 'const cacheMs = 3000', 'const cacheMs = 60_000'],
    [
      'what is forgotten here is remembered',
      '      cache.delete(keyId)\n      directory.forget()',
      '      directory.forget()',
    ],
  ),
  ...server(
    'manage/keys/keys.ts',
    keys,
    ['platform keys are made at the door', 'if (tenant === platform) throw', 'if (tenant === "") throw'],
    ['an admin makes keys of other tenants', 'actor.tenant !== platform && tenant !== actor.tenant', 'tenant === ""'],
    ['an admin changes keys of other tenants', 'if (actor.tenant !== platform) return actor.tenant', ''],
    ['two replicas make two first keys', 'await lockFirstKey(db)\n', ''],
    ['a first key is made beside others', 'if (await anyKey(db)) return null', ''],
  ),
  ...server('manage/keys/view-key.ts', keys, [
    'the hash of a secret is shown',
    'id: row.id,',
    "id: row.id, ...{ secret: row.secretHash.toString('hex') },",
  ]),
  ...server(
    'transport/http/access.ts',
    access,
    ['every role may do everything', '!route.roles.includes(role)', 'route.roles.length === 0'],
    ['a grant is not asked for', '!principal.grants?.includes(route.grant)', 'principal.grants === null'],
    ['a platform key works on leads', "principal.tenant === '*' && route.platform !== true", "principal.tenant === ''"],
    [
      'a key holds the role of a device',
      "(kind === 'device') !== (role === 'device')",
      "kind === 'device' && role === 'admin'",
    ],
    ['whoever may see a part sees all', 'if (scope !== undefined)', 'if (scope === null)'],
    [
      'the open loopback is open to all addresses',
      '!loopback.test(request.socket.remoteAddress',
      '!/./.test(request.socket.remoteAddress',
    ],
    [
      'the open loopback is open through a proxy',
      'Object.keys(request.headers).some(name => saidByProxies.test(name))',
      'false',
    ],
    ['the open loopback is open under a foreign name', "!localName.test(host ?? '')", 'false'],
    ['the open loopback is open to foreign pages', '(origin !== undefined || (from', '(origin === null || (from'],
    ['the open loopback is open where nobody opened it', '!config.devOpenLoopback ||', ''],
    ['wrong keys of one address are not counted', "waitAfter(access, 'address', address)", '0'],
    ['wrong keys of one id are not counted', "waitAfter(access, 'id', publicId(presented))", '0'],
  ),
  ...server(
    'manage/idempotency/idempotency.ts',
    ['manage/idempotency/idempotency.db.test.ts'],
    [
      'another body is answered with the first answer',
      'kept.bodyDigest !== asked.bodyDigest',
      'kept.bodyDigest === ""',
    ],
  ),
  ...server(
    'store/idempotency.ts',
    ['manage/idempotency/idempotency.db.test.ts'],
    ['a write that is under way is taken over', 'kept.locked_until <= $5', 'true'],
    ['another body takes over what was left', ' and kept.body_digest = excluded.body_digest)', ')'],
    [
      'what is taken over has another id',
      'then excluded.event_id else kept.event_id end',
      'then excluded.event_id else excluded.event_id end',
    ],
    ['an answer is overwritten', 'and key in ($2, $3) and status is null returning', 'and key in ($2, $3) returning'],
    [
      'an answer is released',
      'delete from idempotency where tenant_id = $1 and key in ($2, $3) and status is null',
      'delete from idempotency where tenant_id = $1 and key in ($2, $3)',
    ],
    ['an answer is kept for two days', 'keptHours = 24', 'keptHours = 48'],
  ),
  ...server(
    'transport/http/idempotent.ts',
    ['transport/http/idempotent.e2e.test.ts'],
    ['API keys share their words', 'const key = `${keyId} ${word}`', 'const key = word'],
    ['the route is not part of what was asked', '${route.method} ${request.url}\\n${body}', '${body}'],
    ['the body is not part of what was asked', '${request.url}\\n${body}', '${request.url}'],
    ['an outage is answered again', 'status >= 500 || status === 429', 'status >= 600'],
  ),
  ...server(
    'manage/inbox/claim.ts',
    ['manage/inbox/claim.db.test.ts', 'manage/inbox/answer.db.test.ts'],
    [
      'a lease of another person answers',
      'row.leaseToken === token && row.leaseHolder === holderOf(actor)',
      'row.leaseToken === token',
    ],
    ['any word is the token of a lease', 'row.leaseToken === token && row', 'row'],
    ['a lease that ran out answers', '!mine || !isLeasedAt(row.leaseUntil, at)', '!mine'],
    ['a case that is closed is answered', "if (row.state !== 'open') throw", "if (row.state === 'nothing') throw"],
    ['who takes a case in hand stops nothing', "await touchCase(db, tenant, row.caseId, 'inbox_claim', at)", ''],
    ['an audit of what was done takes it back', 'if (!waits) return', ''],
    ['two calls of one key are given two cases', 'await serialiseHolder(db, tenant, holder)', ''],
  ),
  ...server(
    'store/inbox-leases.ts',
    ['manage/inbox/claim.db.test.ts'],
    ['what another has in hand is given away', "and not ${leasedAt('$4')} and expires_at", 'and expires_at'],
    ['two people are given one case', 'expires_at > $4 for update skip locked', 'expires_at > $4'],
  ),
  ...server(
    'manage/inbox/preview-token.ts',
    ['manage/inbox/bulk.db.test.ts'],
    [
      'a preview that was changed counts',
      '!timingSafeEqual(whole.subarray(length), sign(key, asked, body))',
      'length < 0',
    ],
    ['a preview never expires', '<= at.getTime())', '<= 0)'],
    ['a preview of another answer counts', "update(canonical(asked)).update('\\n')", "update('\\n')"],
  ),
  ...server(
    'manage/inbox/answer.ts',
    ['manage/inbox/answer.db.test.ts', 'manage/inbox/blinded.db.test.ts', 'manage/inbox/question.test.ts'],
    ['an audit that was shown is an audit', 'row.audit && row.blinded', 'row.audit'],
    ['a withheld case that nobody drew is an audit', 'row.audit && row.blinded', 'row.blinded'],
    ['an answer comes after the outcome', 'if (isOver(row, known)) return row', ''],
    ['four quick answers are a rubber stamp', 'const hurriedRun = 5', 'const hurriedRun = 4'],
    ['three seconds are too quick', 'seconds < hurriedSeconds', 'seconds <= hurriedSeconds'],
  ),
  ...server(
    'manage/inbox/question.ts',
    ['manage/inbox/question.test.ts', 'manage/inbox/answer.db.test.ts'],
    ['a withheld case asks for the side that the score lies on', '!row.blinded && row.action', 'row.action'],
    ['what cannot be called back is called back', '|| !done.reversible', ''],
    ['an agreeing audit does it again', 'if (done === action) return null', ''],
  ),
  ...server(
    'manage/inbox/apply-answers.ts',
    ['manage/inbox/answer.db.test.ts', 'outcomes-of-questions.e2e.test.ts', 'two-questions.e2e.test.ts'],
    [
      'what the machine had in mind is done beside what the person wants',
      "pending.map(act => ({ act, state: 'cancelled' as const, reason: 'human_took_over' })),",
      '[],',
    ],
    [
      'a decision whose outcome is known is acted on',
      "given.known?.has(row.decisionId) === true && about.state === 'queued'",
      'given.known === null',
    ],
  ),
  ...server(
    'store/inbox.ts',
    ['manage/inbox/claim.db.test.ts', 'store/ask-person.db.test.ts'],
    [
      'a lease runs a moment longer than it says',
      'until !== null && until > at &&',
      'until !== null && until >= at &&',
    ],
  ),
  ...server(
    'store/migrations/0001-first.ts',
    ['manage/cases/cases.db.test.ts', 'store/tenants.db.test.ts', 'store/schema.db.test.ts'],
    [
      'the database shows every tenant its own and all others',
      'create policy tenant_rows on ${table} using (${visible}) with check (${visible});',
      'create policy tenant_rows on ${table} using (true) with check (true);',
    ],
    [
      'an entry of the audit log can be changed',
      'create policy tenant_reads on audit for select using',
      'create policy tenant_reads on audit for all using',
    ],
  ),
  ...server(
    'store/conservation.ts',
    ['manage/conservation/conservation.db.test.ts'],
    ['transitions need not follow one from the other', 'or coalesce(moved.broken, false)', ''],
    ['transitions may begin anywhere', '(moved.chain is not null and moved.chain <> d.state)', 'false'],
    [
      'what is queued need not wait anywhere',
      "or (coalesce(moved.state, d.state) = 'queued' and i.state is distinct from 'open')",
      '',
    ],
    ['what was drawn for an audit need never wait', "or ((d.state = 'queued' or d.audited) and i.state is null)", ''],
    ['what was done needs no act', "or (d.state = 'acted' and d.automatic and a.state is null)", ''],
    [
      'what was cancelled stands as done',
      "or (a.cancelled and not a.alive and coalesce(moved.state, d.state) = 'acted')",
      '',
    ],
    [
      'the beginning of a span is left out',
      'd.recorded_at >= $3 and d.recorded_at < $4',
      'd.recorded_at > $3 and d.recorded_at < $4',
    ],
  ),
]
