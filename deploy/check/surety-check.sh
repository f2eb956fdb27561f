#!/bin/sh
# Asks a running Surety how it is, one line a check, and says what to do. For a monitoring system, cron or a person.
#
#   SURETY_URL            where it listens; http://127.0.0.1:8000
#   SURETY_API_KEY        key of a viewer of any tenant, for /v1/tasks
#   SURETY_METRICS_TOKEN  METRICS_TOKEN of the service, where it has one
#   SURETY_DATA_DIR       its DATA_DIR on this machine; /var/lib/surety. "-": another machine, the disk is not looked at
#   SURETY_LEAST_FREE_MB  free space below which it is critical; 1000, with a PostgreSQL of your own 100 is enough
#
# Exit codes as of monitoring plug-ins: 0 all is well, 1 a warning, 2 critical, or something could not be asked.
# Keys are read from the environment and handed to curl on its standard input: no list of processes shows them.
set -u

if [ $# -gt 0 ]; then
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"
  case $1 in -h | --help) exit 0 ;; *) exit 2 ;; esac
fi

url=${SURETY_URL:-http://127.0.0.1:8000}
url=${url%/}
key=${SURETY_API_KEY:-}
token=${SURETY_METRICS_TOKEN:-}
data_dir=${SURETY_DATA_DIR:-/var/lib/surety}
least_mb=${SURETY_LEAST_FREE_MB:-1000}

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

worst=0
report=''

# say LEVEL NAME SENTENCE [WHAT TO DO]
say() {
  case $1 in
  0) word=OK ;;
  1) word=WARNING ;;
  *) word=CRITICAL ;;
  esac
  [ "$1" -gt "$worst" ] && worst=$1
  line="$word $2: $3${4:+ Do: $4}"
  report="$report$line
"
}

# get PATH NAME [HEADER]: leaves the body in $work/NAME and the status in $status; 000 where nobody answers
get() {
  status=$(
    if [ -n "${3:-}" ]; then printf 'header = "%s"\n' "$3"; fi |
      curl -q -sS --max-time 10 -K - -o "$work/$2" -w '%{http_code}' "$url$1" 2>"$work/why"
  ) || status=000
  [ -f "$work/$2" ] || : >"$work/$2"
}

# metric NAME: its first value, or nothing
metric() {
  awk -v name="$1" '$1 == name { print $2; exit }' "$work/metrics"
}

check_health() {
  get /healthz health
  if [ "$status" = 200 ] && grep -q '"ok":true' "$work/health"; then
    say 0 health "Surety answers at $url."
    return 0
  fi
  if [ "$status" = 000 ]; then
    say 2 health "Nobody answers at $url ($(tr '\n' ' ' <"$work/why"))." \
      'see whether it runs (systemctl status surety; journalctl -u surety -n 50), then surety doctor on its machine.'
  else
    say 2 health "What answers at $url says $status to /healthz and is not Surety." 'correct SURETY_URL, or end that program.'
  fi
  return 1
}

check_ready() {
  get /ready ready
  if [ "$status" = 200 ]; then
    say 0 ready 'It takes work.'
  else
    say 2 ready "It answers $status to /ready and takes no work." \
      'its database is away or takes no writes: docs/operations.md, "When the database is away".'
  fi
}

# Who failed last time and is tried again, and who is paused.
check_tasks() {
  if [ -z "$key" ]; then
    say 1 tasks 'SURETY_API_KEY is not set, so nobody was asked which tasks failed.' 'surety keys create --tenant T --role viewer --name check'
    return
  fi
  get /v1/tasks tasks "x-api-key: $key"
  if [ "$status" != 200 ]; then
    say 2 tasks "It answers $status to /v1/tasks." '401: give a key that is good in SURETY_API_KEY. 429: ask less often. Else see ready.'
    return
  fi
  # One task a line; within it the fields stand in the order in which the service writes them.
  { tr -d '\n' <"$work/tasks" && echo; } | sed 's/{"name":"/\
/g' | sed 1d >"$work/each"
  failed=$(sed -n 's/^\([a-z-]*\)".*"attempts":[1-9][0-9]*,"last_run":{.*"state":"failed".*/\1/p' "$work/each" | tr '\n' ' ')
  paused=$(sed -n 's/^\([a-z-]*\)".*"paused":true.*/\1/p' "$work/each" | tr '\n' ' ')
  count=$(grep -c . "$work/each")
  if [ "$count" -eq 0 ]; then
    say 2 tasks 'It knows no tasks.' 'restart it; the log line task_failed says more.'
  elif [ -n "$failed" ]; then
    say 2 tasks "Failed last time and tried again: ${failed% }." 'surety tasks list; docs/logs.md, task_failed; surety tasks run NAME once it is mended.'
  elif [ -n "$paused" ]; then
    say 1 tasks "Paused by a person: ${paused% }." 'surety tasks resume NAME, once the reason is gone.'
  else
    say 0 tasks "None of $count tasks failed."
  fi
}

# Whose last success is older than twice its period, or lies in the future.
check_schedule() {
  late=$(
    awk -v now="$(date +%s)" '
      match($1, /^scheduler_task_(last_success_ts|period_seconds|last_success_ahead)\{task="/) {
        kind = $1; sub(/\{.*/, "", kind)
        task = $1; sub(/^[^"]*"/, "", task); sub(/".*/, "", task)
        value[kind, task] = $2; tasks[task] = 1
      }
      END {
        for (task in tasks) {
          last = value["scheduler_task_last_success_ts", task]
          period = value["scheduler_task_period_seconds", task]
          if (value["scheduler_task_last_success_ahead", task] > 0) printf "%s(future) ", task
          else if (last > 0 && period > 0 && now - last > 2 * period) printf "%s ", task
        }
      }' "$work/metrics"
  )
  if [ -n "$late" ]; then
    say 2 schedule "Not run for two periods: ${late% }." 'surety tasks list says whether it is paused or fails; docs/tasks.md.'
  else
    say 0 schedule 'What recurs has run within two periods.'
  fi
}

check_clock() {
  ahead=$(metric database_clock_ahead_seconds)
  if [ -z "$ahead" ]; then
    say 1 clock 'It has not compared its clock with that of its database yet.' 'ask again in a minute.'
    return
  fi
  level=$(awk -v s="$ahead" 'BEGIN { if (s < 0) s = -s; print (s > 300) ? 2 : (s > 60) ? 1 : 0 }')
  if [ "$level" -eq 0 ]; then
    say 0 clock 'Its clock and that of its database agree.'
  else
    say "$level" clock "Its clock is $ahead s ahead of that of its database." 'set both by NTP; docs/operations.md, "Clocks".'
  fi
}

check_audit() {
  state=$(metric audit_chain_ok)
  since=$(metric audit_unsigned_since_ts)
  old=$(awk -v since="${since:-0}" -v now="$(date +%s)" 'BEGIN { print (since > 0 && now - since > 36 * 3600) ? 1 : 0 }')
  if [ "$state" = 0 ]; then
    say 2 audit 'The audit log does not hold together.' \
      'keep a copy of the database; surety verify --audit --heads FILE says where; docs/audit.md.'
  elif [ "$old" -eq 1 ]; then
    say 2 audit 'Entries of the audit log wait for their signature for more than 36 hours.' \
      'surety tasks run audit-self-check; a log that does not hold together is never signed: surety verify --audit.'
  elif [ "$state" = 1 ]; then
    say 0 audit 'The audit log held together when it was walked last.'
  elif [ -n "$since" ]; then
    say 0 audit 'Not walked since this process began; nothing waits for its signature for long.'
  else
    say 1 audit 'It does not say yet whether the audit log holds together.' 'ask again in a minute.'
  fi
}

check_disk() {
  [ "$data_dir" = - ] && return
  if [ ! -d "$data_dir" ]; then
    say 2 disk "There is no folder $data_dir." 'set SURETY_DATA_DIR to the DATA_DIR of the service, or to - where it runs on another machine.'
    return
  fi
  free_mb=$(df -Pk "$data_dir" 2>/dev/null | awk 'NR == 2 { printf "%d", $4 * 1024 / 1000000 }')
  todo='make room: docs/operations.md, "Disk".'
  if [ -z "$free_mb" ]; then
    say 2 disk "Nobody knows how much is free for $data_dir." 'see what df says of it.'
  elif [ "$free_mb" -lt "$least_mb" ]; then
    say 2 disk "Only $free_mb MB are free for $data_dir; $least_mb are wanted." "$todo"
  elif [ "$free_mb" -lt $((least_mb * 2)) ]; then
    say 1 disk "$free_mb MB are free for $data_dir; below $least_mb it is critical." "$todo"
  else
    say 0 disk "$free_mb MB are free for $data_dir."
  fi
}

case $key$token in
*[!A-Za-z0-9_.*~+/=-]*)
  say 2 keys 'A key or token holds a character that none of Surety has.' 'copy it anew into the environment.'
  key='' token=''
  ;;
esac
case $least_mb in
'' | *[!0-9]*)
  say 2 disk 'SURETY_LEAST_FREE_MB is no whole number.' 'give megabytes.'
  least_mb=1000
  ;;
esac

if ! command -v curl >/dev/null 2>&1; then
  say 2 curl 'curl is not installed, so nobody was asked.' 'install curl.'
elif check_health; then
  check_ready
  check_tasks
  get /metrics metrics "${token:+Authorization: Bearer $token}"
  if [ "$status" = 200 ]; then
    check_schedule
    check_clock
    check_audit
  else
    say 2 metrics "It answers $status to /metrics, so schedule, clock and audit were not looked at." \
      '401: give METRICS_TOKEN of the service in SURETY_METRICS_TOKEN; where it has none, set one.'
  fi
fi
check_disk

case $worst in
0) echo 'SURETY OK' ;;
1) echo 'SURETY WARNING' ;;
*) echo 'SURETY CRITICAL' ;;
esac
printf '%s' "$report"
exit "$worst"
