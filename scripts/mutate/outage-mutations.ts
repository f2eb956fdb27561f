import { below, type Mutation } from './mutations.ts'

const server = below('packages/server/src')

/** Mistakes by which an outage is waited for, told as a bug, or stays when it is over; and those by which a wrong clock is believed. */
export const outageMutations: readonly Mutation[] = [
  ...server(
    'store/db.ts',
    ['frozen.e2e.test.ts'],
    [
      'who waits for a silent database goes on waiting',
      '      pooled.forEach(cut)\n      apart.forEach(cut)\n    },\n    resume',
      '    },\n    resume',
    ],
    ['whoever comes while it is silent waits too', 'silent ? Promise.reject(failure()) : null', 'null'],
    ['sessions that only read are kept', 'code === takesNoWrites || ', ''],
    ['ready while no write is taken', "rows[0]?.read_only === 'on'", 'rows.length === 0'],
  ),
  ...server('errors.ts', ['transport/http/wire.test.ts'], ['a full disk is a bug', '|58\\w{3})$/', ')$/']),
  ...server(
    'app/failure-log.ts',
    ['app/failure-log.test.ts'],
    ['an outage is written for each request', 'outage: 1, bug: 20', 'outage: 1e9, bug: 20'],
    ['what was not written is not told', 'more: one.unsaid }', 'more: 0 }'],
  ),
  ...server(
    'store/embedded/keep-running.ts',
    ['store/embedded/keep-running.test.ts'],
    ['a server that ends for ever is started for ever', 'deaths.length > mostDeaths', 'deaths.length > 1e9'],
    ['a stop waits for no start that is under way', 'await looking', 'void looking'],
  ),
  ...server(
    'store/marks.ts',
    ['store/retention.db.test.ts', 'manage/silence/sweep.db.test.ts'],
    ['a mark that lies years ahead is believed', '`(${now}::timestamptz is null or done_until', '`(true or done_until'],
    ['and stays', 'then excluded.done_until', 'then kept.done_until'],
  ),
  ...server(
    'store/inbox.ts',
    ['manage/inbox/claim.db.test.ts'],
    ['a lease of years holds', ' and ${row}lease_until <= ${now}::timestamptz + ${clockSlack}', ''],
  ),
  ...server(
    'manage/retention/long-gap.ts',
    ['manage/retention/long-gap.db.test.ts'],
    ['a clock that jumped deletes at once', 'days <= mostGapDays', 'days <= 1e9'],
    ['who asks is not heard', 'if (asked) return', 'if (asked) noticedMs = null'],
  ),
]
