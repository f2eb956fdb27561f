// What the papers for the one who is woken name has to be there: commands, pages, sections, metrics, log lines.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lines } from '../packages/server/src/log/catalogue.ts'
import { catalogue } from '../packages/server/src/metrics/catalogue.ts'

const pages = ['docs/operations.md', 'docs/logs.md']
const read = (path: string): string => readFileSync(path, 'utf8')
const main = read('packages/server/src/main.ts')

/** As the sites that show them make them of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-')
const anchorsOf = (path: string): readonly string[] =>
  [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!))

for (const page of pages) {
  test(`${page}: every page and section that it leads to is there`, () => {
    const links = [...read(page).matchAll(/\]\(([^)#]*)(?:#([^)]+))?\)/g)]
    assert.ok(links.length > 10)
    for (const [, path, anchor] of links) {
      const target = path === '' ? page : join('docs', path!)
      assert.ok(existsSync(target), target)
      if (anchor !== undefined) assert.ok(anchorsOf(target).includes(anchor), `${target}#${anchor}`)
    }
  })

  test(`${page}: every command, route, metric, setting and log line that it names is one`, () => {
    const text = read(page)
    const config = read('docs/config.md')
    const routes = read('docs/api.json')
    for (const [, command] of text.matchAll(/`surety ([a-z-]+)/g))
      assert.match(main, new RegExp(`^  '?${command}'?: \\{`, 'm'), `surety ${command}`)
    for (const [, path] of text.matchAll(/`(?:GET|POST) (\/[a-z0-9/-]+)`/g))
      assert.ok(routes.includes(`"${path}"`), path)
    for (const [, name] of text.matchAll(/`([a-z]+(?:_[a-z]+)+_total|database_[a-z_]+)`/g))
      assert.ok(Object.hasOwn(catalogue, name!) || Object.hasOwn(lines, name!), name)
    for (const [, name] of text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g))
      assert.ok(config.includes(`\`${name}\``) || read('deploy/check/surety-check.sh').includes(name!), name)
    for (const [, name] of text.matchAll(
      /`((?:task|model|audit|action|request|embedded|service|certificate)_[a-z_]+)`/g,
    ))
      assert.ok(Object.hasOwn(lines, name!) || Object.hasOwn(catalogue, name!) || name!.endsWith('_id'), name)
  })
}

test('all that is printed of a doctor or a log line as a section to read is a section', () => {
  const operations = anchorsOf('docs/operations.md')
  for (const path of ['audit', 'database', 'disk', 'port', 'receipts', 'tasks'].map(
    name => `packages/server/src/app/doctor/${name}.ts`,
  ))
    for (const [, page, section] of read(path).matchAll(/docs\/([a-z]+\.md)(?:, "([^"]+)")?/g)) {
      assert.ok(existsSync(join('docs', page!)), page)
      if (section !== undefined) assert.ok(operations.includes(anchorOf(section)), section)
    }
})
