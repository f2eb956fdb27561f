const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

/**
 * Ids with an end: what is remembered for days lies in a table by day that is dropped whole, in as few bytes as answer a repeat.
 *
 * A unique key cannot span partitions. So one day is written at any moment, whenever its events were recorded, and its own key
 * decides there. All other days stand still: whoever writes holds the lock on the day shared, whoever moves it holds it alone,
 * so that everything in them is committed, and a look into them that begins under the lock misses nothing.
 */
export const recentEventKeys = {
  name: '0024-recent-event-keys',
  sql: `
create table recent_event_keys (
  recorded_at timestamptz not null,
  -- The day that was written then.
  day date not null,
  payload_sign integer not null,
  event_digest uuid not null,
  tenant_id text collate "C" not null
) partition by range (day);
alter table recent_event_keys enable row level security;
alter table recent_event_keys force row level security;
create policy tenant_rows on recent_event_keys using (${visible}) with check (${visible});

create table recent_key_day (
  one boolean primary key default true check (one),
  day date not null
);

create function event_digest(event_id text) returns uuid language sql stable parallel safe as $$
  select encode(substr(sha256(convert_to(event_id, 'UTF8')), 1, 16), 'hex')::uuid
$$;
create function payload_sign(payload_hash bytea) returns integer language sql stable parallel safe as $$
  select ('x' || encode(substr(payload_hash, 1, 4), 'hex'))::bit(32)::integer
$$;

-- Those of the given keys that no day holds, with the day to write; to the commit that day stays.
create function new_recent_keys(tenants text[], digests uuid[])
returns table (tenant_id text, event_digest uuid, day date) language plpgsql volatile as $$
declare written date;
begin
  perform pg_advisory_xact_lock_shared(7283653);
  -- Each statement in here sees what was committed by now: the lock may have been waited for.
  select d.day into written from recent_key_day d;
  -- One by one: with an array of ids the server reads all keys of the tenant.
  return query select given.tenant_id, given.event_digest, written
    from unnest(tenants, digests) given(tenant_id, event_digest)
    where (select 1 from recent_event_keys k
      where k.tenant_id = given.tenant_id and k.event_digest = given.event_digest limit 1) is null;
end $$;

-- Forward only, so that clocks which differ around midnight move it once; back where a clock had been set wrong.
create function write_recent_day(today date) returns void language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(7283653);
  insert into recent_key_day (day) values (today)
  on conflict (one) do update set day = excluded.day
    where recent_key_day.day < excluded.day or recent_key_day.day > excluded.day + 1;
end $$;
`,
} as const
