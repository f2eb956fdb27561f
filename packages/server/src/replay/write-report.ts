import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { reportHtml } from '../report/report-html.ts'
import type { ReportInput } from '../report/report-input.ts'
import { reportJson } from '../report/report-json.ts'

/** Both files appear whole or not at all; the page comes last, so that who sees it finds the numbers beside it. */
export async function writeReport(folder: string, input: ReportInput): Promise<{ page: string; numbers: string }> {
  const page = join(folder, 'report.html')
  const numbers = join(folder, 'report.json')
  const files = [
    { path: numbers, text: `${JSON.stringify(reportJson(input), null, 2)}\n` },
    { path: page, text: reportHtml(input) },
  ]
  await mkdir(folder, { recursive: true })
  const part = (path: string) => `${path}.part`
  try {
    for (const { path, text } of files) await writeFile(part(path), text)
    for (const { path } of files) await rename(part(path), path)
  } catch (error) {
    for (const { path } of files) await rm(part(path), { force: true })
    throw error
  }
  return { page, numbers }
}
