<#
Asks a running Surety how it is, one line a check, and says what to do: surety-check.sh for Windows PowerShell 5.1 and newer.

  SURETY_URL            where it listens; http://127.0.0.1:8000
  SURETY_API_KEY        key of a viewer of any tenant, for /v1/tasks
  SURETY_METRICS_TOKEN  METRICS_TOKEN of the service, where it has one
  SURETY_DATA_DIR       its DATA_DIR on this machine; C:\ProgramData\Surety. "-": another machine, the disk is not looked at
  SURETY_LEAST_FREE_MB  free space below which it is critical; 1000, with a PostgreSQL of your own 100 is enough

Exit codes as of monitoring plug-ins: 0 all is well, 1 a warning, 2 critical, or something could not be asked.
Keys are read from the environment, never from the command line.

  powershell -NoProfile -ExecutionPolicy Bypass -File surety-check.ps1
#>
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

function Get-Setting([string]$name, [string]$usual) {
  $given = [Environment]::GetEnvironmentVariable($name)
  if ([string]::IsNullOrEmpty($given)) { return $usual }
  return $given
}

$url = (Get-Setting 'SURETY_URL' 'http://127.0.0.1:8000').TrimEnd('/')
$key = Get-Setting 'SURETY_API_KEY' ''
$token = Get-Setting 'SURETY_METRICS_TOKEN' ''
$dataDir = Get-Setting 'SURETY_DATA_DIR' 'C:\ProgramData\Surety'
$leastMb = 1000
$script:worst = 0
$script:report = @()

function Say([int]$level, [string]$name, [string]$sentence, [string]$todo = '') {
  $word = @('OK', 'WARNING', 'CRITICAL')[$level]
  if ($level -gt $script:worst) { $script:worst = $level }
  $line = "$word ${name}: $sentence"
  if ($todo -ne '') { $line = "$line Do: $todo" }
  $script:report += $line
}

# Status and body; status 0 where nobody answers.
function Ask([string]$path, [hashtable]$headers = @{}) {
  try {
    $answer = Invoke-WebRequest -UseBasicParsing -Uri "$url$path" -Headers $headers -TimeoutSec 10
    $body = $answer.Content
    if ($body -is [byte[]]) { $body = [Text.Encoding]::UTF8.GetString($body) }
    return @{ status = [int]$answer.StatusCode; body = [string]$body; why = '' }
  } catch {
    $failure = $_.Exception
    $response = $null
    if ($failure.PSObject.Properties['Response']) { $response = $failure.Response }
    $status = 0
    if ($null -ne $response) { $status = [int]$response.StatusCode }
    return @{ status = $status; body = ''; why = $failure.Message }
  }
}

function Test-Health {
  $asked = Ask '/healthz'
  if ($asked.status -eq 200 -and $asked.body.Contains('"ok":true')) {
    Say 0 'health' "Surety answers at $url."
    return $true
  }
  if ($asked.status -eq 0) {
    Say 2 'health' "Nobody answers at $url ($($asked.why))." 'see whether it runs (its service, its log), then surety doctor on its machine.'
  } else {
    Say 2 'health' "What answers at $url says $($asked.status) to /healthz and is not Surety." 'correct SURETY_URL, or end that program.'
  }
  return $false
}

function Test-Ready {
  $asked = Ask '/ready'
  if ($asked.status -eq 200) { Say 0 'ready' 'It takes work.' }
  else { Say 2 'ready' "It answers $($asked.status) to /ready and takes no work." 'its database is away or takes no writes: docs/operations.md, "When the database is away".' }
}

# Who failed last time and is tried again, and who is paused.
function Test-Tasks {
  if ($key -eq '') {
    Say 1 'tasks' 'SURETY_API_KEY is not set, so nobody was asked which tasks failed.' 'surety keys create --tenant T --role viewer --name check'
    return
  }
  $asked = Ask '/v1/tasks' @{ 'x-api-key' = $key }
  if ($asked.status -ne 200) {
    Say 2 'tasks' "It answers $($asked.status) to /v1/tasks." '401: give a key that is good in SURETY_API_KEY. 429: ask less often. Else see ready.'
    return
  }
  $items = @(($asked.body | ConvertFrom-Json).data.items)
  $failed = @($items | Where-Object { $_.attempts -gt 0 -and $null -ne $_.last_run -and $_.last_run.state -eq 'failed' } | ForEach-Object { $_.name })
  $paused = @($items | Where-Object { $_.paused } | ForEach-Object { $_.name })
  if ($items.Count -eq 0) { Say 2 'tasks' 'It knows no tasks.' 'restart it; the log line task_failed says more.' }
  elseif ($failed.Count -gt 0) { Say 2 'tasks' "Failed last time and tried again: $($failed -join ' ')." 'surety tasks list; docs/logs.md, task_failed; surety tasks run NAME once it is mended.' }
  elseif ($paused.Count -gt 0) { Say 1 'tasks' "Paused by a person: $($paused -join ' ')." 'surety tasks resume NAME, once the reason is gone.' }
  else { Say 0 'tasks' "None of $($items.Count) tasks failed." }
}

# The values of one name, by label text ('' where it has none).
function Read-Metric([string]$text, [string]$name) {
  $found = @{}
  foreach ($match in [regex]::Matches($text, "(?m)^$name(?:\{task=""([^""]*)""\})? (\S+)")) {
    $found[$match.Groups[1].Value] = [double]::Parse($match.Groups[2].Value, [Globalization.CultureInfo]::InvariantCulture)
  }
  return $found
}

function Test-Schedule([string]$text, [double]$now) {
  $last = Read-Metric $text 'scheduler_task_last_success_ts'
  $period = Read-Metric $text 'scheduler_task_period_seconds'
  $ahead = Read-Metric $text 'scheduler_task_last_success_ahead'
  $late = @()
  foreach ($task in $ahead.Keys) {
    if ($ahead[$task] -gt 0) { $late += "$task(future)" }
    elseif ($last.ContainsKey($task) -and $period.ContainsKey($task) -and $last[$task] -gt 0 -and $now - $last[$task] -gt 2 * $period[$task]) { $late += $task }
  }
  if ($late.Count -gt 0) { Say 2 'schedule' "Not run for two periods: $($late -join ' ')." 'surety tasks list says whether it is paused or fails; docs/tasks.md.' }
  else { Say 0 'schedule' 'What recurs has run within two periods.' }
}

function Test-Clock([string]$text) {
  $found = Read-Metric $text 'database_clock_ahead_seconds'
  if (-not $found.ContainsKey('')) {
    Say 1 'clock' 'It has not compared its clock with that of its database yet.' 'ask again in a minute.'
    return
  }
  $ahead = $found['']
  $far = [Math]::Abs($ahead)
  $level = if ($far -gt 300) { 2 } elseif ($far -gt 60) { 1 } else { 0 }
  if ($level -eq 0) { Say 0 'clock' 'Its clock and that of its database agree.' }
  else { Say $level 'clock' "Its clock is $ahead s ahead of that of its database." 'set both by NTP; docs/operations.md, "Clocks".' }
}

function Test-Audit([string]$text, [double]$now) {
  $state = Read-Metric $text 'audit_chain_ok'
  $since = Read-Metric $text 'audit_unsigned_since_ts'
  $old = $since.ContainsKey('') -and $since[''] -gt 0 -and $now - $since[''] -gt 36 * 3600
  if ($state.ContainsKey('') -and $state[''] -eq 0) { Say 2 'audit' 'The audit log does not hold together.' 'keep a copy of the database; surety verify --audit --heads FILE says where; docs/audit.md.' }
  elseif ($old) { Say 2 'audit' 'Entries of the audit log wait for their signature for more than 36 hours.' 'surety tasks run audit-self-check; a log that does not hold together is never signed: surety verify --audit.' }
  elseif ($state.ContainsKey('')) { Say 0 'audit' 'The audit log held together when it was walked last.' }
  elseif ($since.ContainsKey('')) { Say 0 'audit' 'Not walked since this process began; nothing waits for its signature for long.' }
  else { Say 1 'audit' 'It does not say yet whether the audit log holds together.' 'ask again in a minute.' }
}

function Test-Disk {
  if ($dataDir -eq '-') { return }
  if (-not (Test-Path -LiteralPath $dataDir -PathType Container)) {
    Say 2 'disk' "There is no folder $dataDir." 'set SURETY_DATA_DIR to the DATA_DIR of the service, or to - where it runs on another machine.'
    return
  }
  $todo = 'make room: docs/operations.md, "Disk".'
  $drive = New-Object IO.DriveInfo ([IO.Path]::GetPathRoot((Resolve-Path -LiteralPath $dataDir).ProviderPath))
  $freeMb = [Math]::Floor($drive.AvailableFreeSpace / 1000000)
  if ($freeMb -lt $leastMb) { Say 2 'disk' "Only $freeMb MB are free for $dataDir; $leastMb are wanted." $todo }
  elseif ($freeMb -lt 2 * $leastMb) { Say 1 'disk' "$freeMb MB are free for $dataDir; below $leastMb it is critical." $todo }
  else { Say 0 'disk' "$freeMb MB are free for $dataDir." }
}

# A check that itself fails is critical too: nobody knows then.
function Guard([string]$name, [scriptblock]$check) {
  try { return & $check }
  catch { Say 2 $name "It could not be looked at: $($_.Exception.Message)" 'surety doctor on the machine of the service.' }
}

if (-not [int]::TryParse((Get-Setting 'SURETY_LEAST_FREE_MB' '1000'), [ref]$leastMb)) {
  Say 2 'disk' 'SURETY_LEAST_FREE_MB is no whole number.' 'give megabytes.'
  $leastMb = 1000
}
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
$now = ([DateTime]::UtcNow - (New-Object DateTime 1970, 1, 1)).TotalSeconds

if (Guard 'health' { Test-Health }) {
  Guard 'ready' { Test-Ready }
  Guard 'tasks' { Test-Tasks }
  $headers = @{}
  if ($token -ne '') { $headers['Authorization'] = "Bearer $token" }
  $metrics = Ask '/metrics' $headers
  if ($metrics.status -eq 200) {
    Guard 'schedule' { Test-Schedule $metrics.body $now }
    Guard 'clock' { Test-Clock $metrics.body }
    Guard 'audit' { Test-Audit $metrics.body $now }
  } else {
    Say 2 'metrics' "It answers $($metrics.status) to /metrics, so schedule, clock and audit were not looked at." '401: give METRICS_TOKEN of the service in SURETY_METRICS_TOKEN; where it has none, set one.'
  }
}
Guard 'disk' { Test-Disk }

Write-Output ('SURETY ' + @('OK', 'WARNING', 'CRITICAL')[$script:worst])
$script:report | ForEach-Object { Write-Output $_ }
exit $script:worst
