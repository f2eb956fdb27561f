export type Tuning = 'durable' | 'replay'

/**
 * Every server setting that differs from PostgreSQL's own, as command line arguments: what runs is what `ps` shows,
 * and an orphan started with other settings is recognised by its postmaster.opts.
 */
export const serverArguments = (tuning: Tuning, pgdata: string, sockets: string, port: number): readonly string[] => [
  '-D',
  pgdata,
  '-p',
  String(port),
  '-k',
  sockets,
  ...Object.entries({ ...always, ...(tuning === 'durable' ? durable : replay) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]),
]

const always = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  cluster_name: 'surety',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // A statement that fails is told to whoever sent it; its text would be most of the log.
  log_min_error_statement: 'panic',
  max_connections: 40,
  superuser_reserved_connections: 3,
  jit: 'off',
  huge_pages: 'off',
  // Three worker processes less; a store this small is read from memory anyway.
  io_method: 'sync',
  max_logical_replication_workers: 0,
  // Two cores are shared with the line: a report must not take a second one away from it.
  max_parallel_workers_per_gather: 0,
  max_parallel_maintenance_workers: 0,
  // Docker gives /dev/shm only 64 MB.
  dynamic_shared_memory_type: 'mmap',
  checkpoint_completion_target: 0.9,
  wal_compression: 'off',
}

const durable = {
  shared_buffers: '32MB',
  work_mem: '4MB',
  maintenance_work_mem: '32MB',
  fsync: 'on',
  synchronous_commit: 'on',
  max_wal_size: '512MB',
  // A new log segment is not filled with zeros first: that write held commits up under load
  // (p99 69 ms before, 35 and 43 after, at 128 connections; three short runs). Commits are synced as before.
  wal_init_zero: 'off',
  checkpoint_timeout: '5min',
  wal_buffers: '8MB',
  max_wal_senders: 2,
  autovacuum: 'on',
  autovacuum_max_workers: 2,
}

/** fsync off outlives every death of processes (the pages are in the kernel), not that of the machine: see unsynced.ts. */
const replay = {
  // Several whole services share one that is thrown away.
  max_connections: 80,
  shared_buffers: '64MB',
  work_mem: '16MB',
  maintenance_work_mem: '64MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_wal_size: '2GB',
  checkpoint_timeout: '30min',
  wal_buffers: '16MB',
  autovacuum: 'on',
  autovacuum_max_workers: 1,
  autovacuum_naptime: '2min',
  autovacuum_vacuum_scale_factor: 0.5,
  autovacuum_vacuum_insert_scale_factor: 1,
}
