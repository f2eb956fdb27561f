import { parseArgs } from 'node:util'

/** 0 ok · 1 technical failure · 2 usage · 3 refused, nothing written · 4 finished with errors. */
export type ExitCode = 0 | 1 | 2 | 3 | 4

/** Where a command speaks: one JSON line on `out` for machines, sentences and progress on `err` for people. */
export interface CommandIo {
  out(line: string): void
  err(line: string): void
}

interface Wanted {
  readonly usage: string
  readonly options: {
    readonly [name: string]: { readonly type: 'string' | 'boolean'; readonly multiple?: boolean }
  }
  /** How many words may stand beside the options. */
  readonly words: number
}

export interface Parsed {
  readonly values: { readonly [name: string]: string | boolean | readonly string[] | undefined }
  readonly words: readonly string[]
}

/** The arguments; or the exit code, after the usage was printed: 0 when it was asked for, 2 when they were wrong. */
export function readArguments(args: readonly string[], io: CommandIo, wanted: Wanted): Parsed | 0 | 2 {
  if (args.includes('--help')) {
    io.out(wanted.usage)
    return 0
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: wanted.options,
      allowPositionals: true,
      strict: true,
    })
    if (positionals.length > wanted.words) throw new Error(`"${positionals[wanted.words]}" is one word too many.`)
    return { values: values as Parsed['values'], words: positionals }
  } catch (error) {
    io.err(error instanceof Error ? error.message : String(error))
    io.err(wanted.usage)
    return 2
  }
}

/** The last line of every command for machines. */
export const answer = (io: CommandIo, value: object): void => io.out(JSON.stringify(value))
