import type { Tx } from './db.ts'
import { tell } from './tell.ts'

/** Where every process hears that it must read the autonomy of a tenant again; the payload is the tenant. */
const autonomyChannel = 'surety_autonomy'

/**
 * Counts the state of autonomy on, inside the caller's transaction: what was decided under an older number is decided anew,
 * and every process hears of it at the commit. Batches wait for the row from here to the commit, so call it late.
 */
export async function bumpEpoch(db: Tx, tenant: string, pod: string): Promise<void> {
  await db.query({
    name: 'autonomy_epoch_bump',
    text: `insert into autonomy_epochs (tenant_id, pod, epoch) values ($1, $2, 1)
      on conflict (tenant_id, pod) do update set epoch = autonomy_epochs.epoch + 1`,
    values: [tenant, pod],
  })
  await announce(db, tenant)
}

/** Tells every process to read the tenant again where nothing decided before becomes void. */
export const announce = (db: Tx, tenant: string): Promise<void> => tell(db, autonomyChannel, tenant)

/**
 * One look at the evidence at a time per tenant and pod, over all processes, until the commit. It may be held for seconds.
 * In one order everywhere: this lock, the rows of the pod, its epoch, and the audit log last.
 */
export async function lockAutonomy(db: Tx, tenant: string, pod: string): Promise<void> {
  await db.query({
    name: 'autonomy_lock',
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 7283650))',
    values: [`${tenant}/${pod}`],
  })
}

/** One change of modes at a time per tenant: a lock of its own, so that a stop never waits for a look at the evidence. */
export async function lockModes(db: Tx, tenant: string): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtextextended($1, 7283652))`, [tenant])
}
