// What deploy/ and the Dockerfile say, held against the repository and, where they are installed, against the tools that read them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { settings } from '../packages/server/src/config/env.ts'

const dockerfile = readFileSync('Dockerfile', 'utf8')
const unit = readFileSync('deploy/systemd/surety.service', 'utf8')
const compose = parse(readFileSync('deploy/compose/compose.yml', 'utf8')) as Compose

interface Service {
  readonly image?: string
  readonly environment?: { readonly [name: string]: string }
  readonly ports?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly read_only?: boolean
  readonly stop_grace_period?: string
  readonly restart?: string
  readonly configs?: readonly { readonly source: string }[]
}
interface Compose {
  readonly services: { readonly [name: string]: Service }
  readonly configs: { readonly [name: string]: { readonly file?: string; readonly content?: string } }
}

/** null: the tool is not here, and the test says so. */
function said(context: TestContext, tool: string, ...args: readonly string[]) {
  const { error, status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' })
  if (error !== undefined) {
    context.skip(`${tool} is not installed`)
    return null
  }
  return { status, text: stdout + stderr }
}

test('the image copies what is there and every workspace, runs as a number and pins what it is made from', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, words]) =>
    words!.split(' ').slice(0, -1),
  )
  for (const path of copied) assert.ok(existsSync(path), path)
  const { workspaces } = JSON.parse(readFileSync('package.json', 'utf8')) as { workspaces: readonly string[] }
  assert.deepEqual(workspaces, ['packages/*', 'pods/*'])
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: { [path: string]: unknown } }
  for (const path of Object.keys(lock.packages).filter(one => /^(packages|pods)\/[^/]+$/.test(one)))
    assert.ok(copied.includes(join(path, 'package.json')), `${path} is not installed in the image`)
  assert.match(dockerfile, /^USER \d+:\d+$/m)
  for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm)) assert.match(image!, /^node:24\.\d+-bookworm-slim$/)
  for (const word of ['DATABASE_URL', 'DATA_KEY', 'PII_KEY', 'MODEL_SIGNING_KEY', 'METRICS_TOKEN'])
    assert.ok(!dockerfile.includes(word), `${word} has no place in a layer`)
  const ignored = readFileSync('.dockerignore', 'utf8').split('\n')
  assert.equal(ignored[0], '*', 'what is not named stays out')
  for (const path of new Set(copied.map(one => one.split('/')[0]!))) assert.ok(ignored.includes(`!${path}`), path)
})

test('what the image, the unit and compose set are settings of Surety', () => {
  const names = new Set<string>([...settings.map(({ name }) => name), 'NODE_ENV', 'NODE_DISABLE_COMPILE_CACHE'])
  const set = [
    ...(dockerfile.match(/^ENV (.+)$/m)?.[1] ?? '').split(' '),
    ...[...unit.matchAll(/^Environment=(.+)$/gm)].flatMap(([, words]) => words!.split(' ')),
    ...Object.keys(compose.services['surety']?.environment ?? {}),
  ].map(word => word.split('=')[0]!)
  assert.ok(set.length >= 10)
  for (const name of set) assert.ok(names.has(name), name)
})

test('whoever stops it waits as long as a stop may take', () => {
  assert.match(unit, /^TimeoutStopSec=90$/m)
  assert.equal(compose.services['surety']?.stop_grace_period, '90s')
})

test('all of it comes back after a reboot or a crash, and not after what starting again cannot mend', () => {
  for (const [name, { restart }] of Object.entries(compose.services)) assert.equal(restart, 'unless-stopped', name)
  assert.match(unit, /^Restart=on-failure$/m)
  assert.match(unit, /^WantedBy=multi-user\.target$/m)
  const codes = readFileSync('docs/operations.md', 'utf8').matchAll(/^\| (\d+) \|.*\| leaves it\b.*\|$/gm)
  const left = [...codes].map(([, code]) => code!).filter(code => code !== '0')
  assert.deepEqual(left, ['2', '130'])
  assert.equal(/^RestartPreventExitStatus=(.+)$/m.exec(unit)?.[1], left.join(' '))
})

test('compose has no password of its own, opens no port to others, pins its images, and its files are there', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    if (service.image !== undefined) assert.match(service.image, /^[a-z/]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/, name)
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name)
    assert.deepEqual(service.cap_drop, ['ALL'], name)
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
    for (const [key, value] of Object.entries(service.environment ?? {}))
      if (/PASSWORD|KEY|TOKEN|URL/.test(key)) assert.match(value, /\$\{\w+:\?set it in \.env\}/, `${name} ${key}`)
    for (const { source } of service.configs ?? []) assert.ok(Object.hasOwn(compose.configs, source), source)
  }
  assert.equal(compose.services['surety']?.read_only, true)
  const asked = new Set(
    [...readFileSync('deploy/compose/compose.yml', 'utf8').matchAll(/\$\{(\w+)/g)].map(([, name]) => name),
  )
  const example = [...readFileSync('deploy/compose/env.example', 'utf8').matchAll(/^(\w+)=(.*)$/gm)]
  assert.deepEqual(new Set(example.map(([, name]) => name)), asked)
  assert.ok(example.every(([, , value]) => value === ''))
  for (const { file } of Object.values(compose.configs))
    if (file !== undefined) assert.ok(existsSync(join('deploy/compose', file)), file)
})

test('what Compose copies into a container goes into none that is read-only: it would not start', () => {
  const copied = new Set(Object.entries(compose.configs).flatMap(([name, { content }]) => (content ? [name] : [])))
  assert.ok(copied.size > 0)
  for (const [name, { configs = [], read_only = false }] of Object.entries(compose.services))
    assert.ok(!(read_only && configs.some(({ source }) => copied.has(source))), name)
})

test('Compose understands its file', context => {
  const version = spawnSync('docker', ['compose', 'version'])
  if (version.error !== undefined || version.status !== 0) return context.skip('docker compose is not installed')
  const env = readFileSync('deploy/compose/env.example', 'utf8').replaceAll(/=$/gm, '=x')
  const { status, stderr } = spawnSync(
    'docker',
    ['compose', '--env-file', '/dev/stdin', '-f', 'deploy/compose/compose.yml', 'config', '--quiet'],
    { input: env, encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
})

test('the unit is understood and well shut in', context => {
  const verdict = said(context, 'systemd-analyze', 'security', '--offline=true', 'deploy/systemd/surety.service')
  if (verdict === null) return
  const level = Number(/exposure level for surety\.service: (\d+\.\d)/.exec(verdict.text)?.[1])
  assert.ok(level < 2, verdict.text.split('\n').at(-2))
  const program = /^ExecStart=\/opt\/surety\/(\S+)/m.exec(unit)?.[1]
  assert.ok(program !== undefined && (statSync(program).mode & 0o111) !== 0, 'what it starts can be started')
  const read = said(context, 'systemd-analyze', 'verify', 'deploy/systemd/surety.service')
  const faults = read?.text.split('\n').filter(line => line !== '' && !line.includes('is not executable')) ?? []
  assert.deepEqual(faults, [])
})

test('Prometheus understands how it is to scrape', context => {
  const verdict = said(context, 'promtool', 'check', 'config', '--syntax-only', 'deploy/compose/prometheus.yml')
  if (verdict !== null) assert.equal(verdict.status, 0, verdict.text)
})

test('the bill of materials lists what runs', () => {
  const made = spawnSync('npm', ['run', '--silent', 'sbom'], { encoding: 'utf8' })
  assert.equal(made.status, 0, made.stderr)
  const bill = JSON.parse(made.stdout) as { bomFormat: string; components: { name: string; version: string }[] }
  assert.equal(bill.bomFormat, 'CycloneDX')
  const listed = new Map(bill.components.map(({ name, version }) => [name, version]))
  const { dependencies } = JSON.parse(readFileSync('packages/server/package.json', 'utf8')) as {
    dependencies: { [name: string]: string }
  }
  // Our own packages stand in it by their folders.
  for (const [name, version] of Object.entries(dependencies).filter(([one]) => !one.startsWith('@surety/')))
    assert.equal(listed.get(name), version, name)
  assert.ok(!listed.has('typescript'))
})
