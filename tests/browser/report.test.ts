import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { reportHtml } from '../../packages/server/src/report/report-html.ts'
import { hostile, refusedModel, sampleInput } from '../../packages/server/src/report/testing/sample-input.ts'

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

let browser: Browser
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'surety-report-'))
  browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: flags })
  const many = Array.from({ length: 300 }, (_, i) => refusedModel(i + 1, i % 120, 0.5 + i / 3000))
  const input = sampleInput(6000, { models: many })
  const columns = input.columns.map(column => ({ ...column, name: hostile, examples: [hostile, 'x'.repeat(400)] }))
  await writeFile(join(folder, 'sample.html'), reportHtml(input))
  await writeFile(join(folder, 'hostile.html'), reportHtml({ ...input, title: hostile, positive: hostile, columns }))
  await writeFile(join(folder, 'empty.html'), reportHtml(sampleInput(0)))
})

after(async () => {
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})

interface Opened {
  readonly page: Page
  readonly complaints: readonly string[]
  readonly requests: readonly string[]
}

async function open(name: string, width: number, colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true })
  const page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', message => complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(error.message))
  page.on('dialog', dialog => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', request => requests.push(request.url()))
  await page.goto(pathToFileURL(join(folder, `${name}.html`)).href)
  return { page, complaints, requests }
}

const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')

for (const name of ['sample', 'hostile', 'empty']) {
  test(`the ${name} report opens offline on a phone: seven plots, no complaint, no request, nothing beside the page`, async () => {
    const { page, complaints, requests } = await open(name, 390)
    const plots = page.getByRole('img')
    assert.equal(await plots.count(), 7)
    const titles = await page.locator('svg > title').allTextContents()
    assert.deepEqual(titles, [
      'Settled without a person',
      'Wrong acts against the budget',
      'AUC over time',
      'Said and seen',
      'Scores by outcome',
      'Decisions per day',
      'Model versions and verdicts',
    ])
    for (const plot of await plots.all()) assert.ok(await plot.isVisible())
    // Also with everything unfolded, where the widest tables are.
    await page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert.equal(await overflow(page), 0)
    assert.deepEqual(complaints, [])
    assert.equal(requests.length, 1, requests.join())
    await page.context().close()
  })
}

test('light and dark differ, and all text stands out from its paper by 4.5 to 1 or more in both', async () => {
  const papers: string[] = []
  for (const scheme of ['light', 'dark'] as const) {
    const { page } = await open('sample', 1400, scheme)
    await page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    papers.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'))
    const weakest = await page.evaluate<{ ratio: number; text: string }>(weakestContrast)
    assert.ok(weakest.ratio >= 4.5, `${scheme}: ${weakest.ratio.toFixed(2)} for "${weakest.text}"`)
    assert.equal(await overflow(page), 0)
    await page.context().close()
  }
  assert.notEqual(papers[0], papers[1])
})

test('every fold and every scrolling table is reached by the keyboard', async () => {
  const { page } = await open('sample', 1400)
  await page.keyboard.press('Tab')
  const reached = new Set<string>()
  for (let i = 0; i < 40; i++) {
    const here = await page.evaluate<string>("document.activeElement.tagName + ' ' + document.activeElement.className")
    const firstFold = here.startsWith('SUMMARY') && ![...reached].some(place => place.startsWith('SUMMARY'))
    reached.add(here)
    if (firstFold) await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
  }
  assert.ok(reached.has('SUMMARY ') && reached.has('DIV scroll'), [...reached].join())
  assert.equal(await page.locator('figure details[open]').count(), 1)
  await page.context().close()
})

/** WCAG 2.2 contrast of every element that holds text of its own against the nearest paper below it; runs in the page. */
const weakestContrast = `(() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number)
  const luminance = color => {
    const [r, g, b] = channels(color).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const paper = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor
      if (channels(color)[3] !== 0) return color
    }
    return 'rgb(255, 255, 255)'
  }
  let weakest = { ratio: 21, text: '' }
  for (const element of document.querySelectorAll('main *')) {
    const text = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data).join('').trim()
    if (text === '' || element.tagName === 'title' || element.tagName === 'desc') continue
    const style = getComputedStyle(element)
    const [a, b] = [luminance(element.ownerSVGElement ? style.fill : style.color), luminance(paper(element))].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    if (ratio < weakest.ratio) weakest = { ratio, text: text.slice(0, 60) }
  }
  return weakest
})()`
