import { enrichForShow } from './show-text.ts'

/** `surety enrich TEXT`: one JSON line. */
export async function enrich(args: readonly string[]): Promise<number> {
  if (args.length !== 1 || args[0] === '--help') {
    process.stdout.write('usage: surety enrich TEXT\n')
    return args[0] === '--help' ? 0 : 2
  }
  process.stdout.write(`${JSON.stringify(enrichForShow(args[0]!))}\n`)
  return 0
}
