import { type Desk, openDesk } from './desk.ts'

export interface Drill {
  readonly name: string
  /** What one sees. */
  readonly when: string
  /** Runs it on an installation of its own. @throws where it does not end as it should */
  run(desk: Desk): Promise<void>
  /** Settings and a database of its own; left out: the embedded PostgreSQL. */
  readonly open?: () => Promise<Desk>
}

const curl = 'curl -sS -H "x-api-key: $ADMIN_KEY" -H "content-type: application/json"'
const leads = (n: number): string =>
  `for n in $(seq 1 ${n}); do ${curl} $URL/v1/lead -d '{"external_id":"form-'$n'","name":"Ada Arden","email":"ada'$n'@example.com","details":"A quote for a kitchen, please."}' >> answers; done`
const count = (what: string): string => `${curl} "$URL/v1/lead?limit=100" | grep -o '"id":"L' | wc -l   # ${what}`

export const drills: readonly Drill[] = [
  {
    name: 'Stop the machine from acting',
    when: 'It acts wrongly, or nobody knows yet what it does. Nothing that comes in is lost.',
    async run(desk) {
      await desk.start()
      await desk.quietly('npx surety mode acting --tenant main --reason "a pilot"')
      await desk.type('npx surety mode stopped --tenant main --reason "wrong acts, incident 12"', /stopped/)
      desk.say(
        'What was waiting to be done is called off, also while the service runs. What comes in from now on is recorded, and nothing is done about it:',
      )
      await desk.type(
        `${curl} $URL/v1/lead -d '{"name":"Ada Arden","email":"ada@example.com"}' | grep -o '"state":"[a-z]*","reason":"[a-z_]*"'`,
        /"suppressed","reason":"followups_off"/,
      )
      desk.say('When it is understood:')
      await desk.type('npx surety mode asking --tenant main --reason "understood, people look first"', /asking/)
      desk.say('`acting` follows when the people at the desk say so. The audit log has both, with who and why.')
    },
  },
  {
    name: 'The service was killed',
    when: 'The process is gone (`kill -9`, out of memory, the machine lost power).',
    async run(desk) {
      await desk.start()
      await desk.quietly(leads(20))
      await desk.type(count('before'), /^20$/)
      await desk.type(`kill -9 ${desk.pid()}`)
      await desk.stop()
      desk.say('Start it again, as the supervisor does by itself. It waits for nothing and needs no repair:')
      await desk.start()
      await desk.until('curl -sS $URL/ready', /"ready":true|true/)
      await desk.type(count('after: nothing that was acknowledged is missing'), /^20$/)
      await desk.type('npx surety verify --receipts --audit', /"ok":true/)
    },
  },
  {
    name: 'The embedded PostgreSQL was killed',
    when: 'Requests are 503 `storage_unavailable`, `database_up` is 0, `EmbeddedDatabaseRestarted` fires.',
    async run(desk) {
      await desk.start()
      await desk.type('kill -9 $(head -1 $DATA_DIR/postgres/*/postmaster.pid)')
      await desk.until('curl -sS -o /dev/null -w "%{http_code}\\n" $URL/ready', /^200$/)
      desk.say('Surety has started it again by itself; `curl` above asked until it was so.')
      await desk.type('curl -sS $URL/metrics | grep ^embedded_database_restarts_total', / 1$/)
      await desk.type('npx surety doctor', /Nothing is wrong/)
    },
  },
  {
    name: 'The database is away',
    when: 'A PostgreSQL of your own does not answer, or takes no connection. Requests are 503, `/healthz` stays 200.',
    open: () => onServer(),
    async run(desk) {
      await desk.start()
      await desk.type('psql -qc "alter database $DATABASE with allow_connections false" $SERVER_URL')
      await desk.quietly(
        `psql -qc "select pg_terminate_backend(pid) from pg_stat_activity where datname = '$DATABASE'" $SERVER_URL`,
      )
      await desk.until('curl -sS -o /dev/null -w "%{http_code}\\n" $URL/ready', /^503$/)
      await desk.type(
        `${curl} -i $URL/v1/lead -d '{"external_id":"form-1","name":"Ada Arden","email":"ada@example.com"}' | grep -i "^HTTP\\|^retry-after\\|code"`,
        /503[\s\S]*retry-after/i,
      )
      await desk.type('curl -sS -o /dev/null -w "%{http_code}\\n" $URL/healthz', /^200$/)
      desk.say(
        'Do not restart Surety: it would not help. Mend the database; callers repeat with the same `external_id`.',
      )
      await desk.type('psql -qc "alter database $DATABASE with allow_connections true" $SERVER_URL')
      await desk.until(
        `${curl} $URL/v1/lead -d '{"external_id":"form-1","name":"Ada Arden","email":"ada@example.com"}' | grep -o '"ok":true'`,
        /true/,
      )
      desk.say('It goes on with the first request after that.')
    },
  },
  {
    name: 'Restore from a backup',
    when: 'The database is lost, or its content is.',
    open: () => onServer(),
    async run(desk) {
      await desk.start()
      await desk.quietly(leads(20))
      desk.say(
        'What was done every night: the heads, kept elsewhere ([audit.md](audit.md)), and then a dump, which has at least what they cover, by a login that is above row-level security (a superuser, or one with `BYPASSRLS`; those of Surety would be refused):',
      )
      await desk.type('npx surety receipt --heads > heads.json')
      await desk.type('pg_dump -Fc -f nightly.dump $SUPERUSER_URL')
      await desk.stop()
      await desk.quietly('dropdb --maintenance-db=$SERVER_URL --force $DATABASE')
      desk.say(
        'The database is gone. Restore it, with no Surety running, and look whether it is what was signed, before anything is written:',
      )
      await desk.type('createdb --maintenance-db=$SERVER_URL -O $OWNER $DATABASE')
      await desk.type('pg_restore --no-owner --no-privileges -d $MIGRATE_URL nightly.dump')
      await desk.type('npx surety verify --receipts --audit --heads heads.json', /"ok":true/)
      desk.say('Start with the same three keys:')
      await desk.start()
      await desk.type(count('as it was'), /^20$/)
    },
  },
  {
    name: 'Somebody has an API key who should not',
    when: 'A key was mailed, printed or committed. It is named by its id, the twelve characters after `sty_`.',
    async run(desk) {
      await desk.start()
      const made = await desk.quietly('npx surety keys create --tenant main --role operator --name desk')
      const { key, id } = JSON.parse(made) as { key: string; id: string }
      desk.env['LEAKED'] = key
      await desk.type(
        `npx surety keys rotate ${id} --tenant main --overlap 0 --reason "mailed to a list, incident 13"`,
        /sty_/,
      )
      desk.say('The same key with a new secret, for whoever needs it; the old one ends at once. Whoever has it hears:')
      await desk.until('curl -sS -H "x-api-key: $LEAKED" $URL/v1/lead', /invalid_api_key/)
      desk.say('Where nobody needs the key any more:')
      await desk.type(`npx surety keys disable ${id} --tenant main`, /"enabled":false/)
      desk.say(
        'No process takes it any more, within a second. The keys that there are; what each of them changed stands in the audit log under its id:',
      )
      await desk.type('npx surety keys list --tenant main | head -20', new RegExp(id))
    },
  },
  {
    name: 'The audit log was rewritten',
    when: '`AuditChainBroken` fires, or nobody knows whether somebody with access to the database changed it.',
    open: () => onServer(),
    async run(desk) {
      await desk.start()
      await desk.type('npx surety mode stopped --tenant main --reason "an evening"')
      await desk.type('npx surety receipt --heads > heads.json')
      await desk.quietly(
        `psql -qc "delete from surety.audit where tenant_id = 'main' and seq = (select max(seq) from surety.audit where tenant_id = 'main')" $SUPERUSER_URL`,
      )
      desk.say('Somebody has deleted an entry. The log against what was kept elsewhere:')
      await desk.type('npx surety verify --audit --heads heads.json', /"ok":false/, 1)
      desk.say(
        'Keep this output, the file of heads and a dump of the database as they are; the place that it names says from where on nothing may be believed. Change the passwords of the database, then look for who had them. A restored backup (above) has what was lost.',
      )
    },
  },
  {
    name: 'A start finds other keys',
    when: 'The start ends with "Another process of this installation has other keys".',
    async run(desk) {
      await desk.start()
      await desk.stop()
      desk.env['PII_KEY'] = Buffer.alloc(32, 7).toString('base64')
      await desk.type('npx surety start', /PII_KEY/, 1)
      desk.say(
        'Nothing was written. Give it the keys of the others (`keys.json` of their `DATA_DIR`, or your backup). Only where a key was changed on purpose:',
      )
      await desk.type('npx surety installation-keys accept PII_KEY --reason "leaked on Monday"', /"ok":true/)
      await desk.start()
      await desk.type('curl -sS $URL/ready')
      desk.say('What that costs: [keys.md](keys.md).')
    },
  },
  {
    name: 'A task does not run',
    when: '`ScheduledTaskMissed` or `ScheduledTaskFailed` fires.',
    async run(desk) {
      await desk.start()
      await desk.type(`npx surety tasks list | grep -o '"name":"[^"]*"\\|"last_success_at":"[^"]*"'`, /retention/)
      desk.say(
        '`surety tasks list` has what each said last, too (`last_run`), and the log its failure. Run it now, whatever its time is:',
      )
      await desk.type('npx surety tasks run conservation', /"ok":true/)
      await desk.until(
        `npx surety tasks list | grep -o '"name":"conservation".*"name":"inbox-sweep"' | grep -o '"last_run":{.*}'`,
        /"state":"ok"/,
      )
    },
  },
  {
    name: 'The disk is full',
    when: 'Requests that write are 503; the log of PostgreSQL says `No space left on device`.',
    open: () => onSmallDisk(),
    async run(desk) {
      await desk.start()
      await desk.quietly(leads(5))
      await desk.quietly('fallocate -l $(df --output=avail -B1 $DATA_DIR | tail -1) $DATA_DIR/full || true')
      await desk.type('df -h --output=avail,pcent $DATA_DIR')
      await desk.until(
        `for n in $(seq 1 40); do ${curl} -o /dev/null -w "%{http_code}\\n" $URL/v1/lead -d '{"name":"Ada Arden","email":"ada@example.com","details":"'$(head -c 1400 /dev/urandom | base64 -w0)'"}'; done | sort | uniq -c`,
        /503/,
      )
      desk.say(
        'Nothing of what was answered 503 is stored. Make room: old logs and dumps first, never anything in `postgres`.',
      )
      await desk.type('rm $DATA_DIR/full')
      await desk.until(
        `${curl} -o /dev/null -w "%{http_code}\\n" $URL/v1/lead -d '{"name":"Ada Arden","email":"ada@example.com"}'`,
        /^200$/,
      )
      await desk.type('npx surety verify --receipts --audit', /"ok":true/)
    },
  },
  {
    name: 'A person wants to be forgotten',
    when: 'A letter, not an alarm, and one with a time limit.',
    async run(desk) {
      await desk.start()
      const answer = await desk.quietly(`${curl} $URL/v1/lead -d '{"name":"Ada Arden","email":"ada@example.com"}'`)
      const { data } = JSON.parse(answer) as { data: { lead_id: string } }
      await desk.type(
        `${curl} "$URL/v1/search?q=ada@example.com" | grep -o '"lead_id":"[^"]*"'`,
        new RegExp(data.lead_id),
      )
      await desk.type(
        `npx surety erase ${data.lead_id} --tenant main --pod customer-ops --reason "letter of 3 May"`,
        /erased/,
      )
      await desk.type('npx surety verify --receipts --audit', /"ok":true/)
      desk.say('Backups and files that were given out are yours to see to: [erasure.md](erasure.md).')
    },
  },
]

/** A database of its own on a server that is there. */
async function onServer(): Promise<Desk> {
  const server = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
  const name = `surety_drill_${Date.now().toString(36)}`
  const own = new URL(server)
  own.pathname = `/${name}`
  const by = (login: string): string => {
    const url = new URL(own)
    url.username = login
    return url.href
  }
  const desk = await openDesk({
    DATABASE: name,
    SERVER_URL: server,
    SUPERUSER_URL: own.href,
    // Two plain logins, as in production: one owns the tables, the other serves and owns nothing.
    OWNER: `${name}_owner`,
    MIGRATE_URL: by(`${name}_owner`),
    SERVICE: `${name}_service`,
    DATABASE_URL: by(`${name}_service`),
  })
  await desk.quietly('psql -qc "create role $OWNER login" -c "create role $SERVICE login" $SERVER_URL')
  await desk.quietly('createdb --maintenance-db=$SERVER_URL -O $OWNER $DATABASE')
  return {
    ...desk,
    async [Symbol.asyncDispose]() {
      await desk.stop()
      await desk.quietly(
        'dropdb --maintenance-db=$SERVER_URL --force --if-exists $DATABASE && psql -qc "drop role $OWNER" -c "drop role $SERVICE" $SERVER_URL',
      )
      await desk[Symbol.asyncDispose]()
    },
  }
}

/** Its data folder lies on a file system of 300 MB, which takes root to mount. */
async function onSmallDisk(): Promise<Desk> {
  const desk = await openDesk()
  await desk.quietly('mkdir -p $DATA_DIR && mount -t tmpfs -o size=300m,mode=0755 tmpfs $DATA_DIR')
  return {
    ...desk,
    async [Symbol.asyncDispose]() {
      await desk.stop()
      await desk.quietly('umount $DATA_DIR')
      await desk[Symbol.asyncDispose]()
    },
  }
}
