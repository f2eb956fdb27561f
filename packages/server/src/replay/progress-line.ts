import type { Progress } from './replay-history.ts'

/** Where progress is shown: a bar that is drawn again on a terminal, a line every few seconds elsewhere. */
export interface ProgressLine {
  show(progress: Progress): void
  /** Prints a line above the bar. */
  say(line: string): void
  end(): void
}

export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const redrawMs = 100
const lineMs = 3000
const barWidth = 24

export function progressLine(screen: Screen, monotonicMs: () => number): ProgressLine {
  const live = screen.isTTY === true
  let lastMs = Number.NEGATIVE_INFINITY
  let drawn = ''
  const clear = (): void => {
    if (live && drawn !== '') screen.write('\r\u001b[2K')
    drawn = ''
  }
  return {
    show(progress) {
      const nowMs = monotonicMs()
      if (nowMs - lastMs < (live ? redrawMs : lineMs)) return
      lastMs = nowMs
      const text = textOf(progress)
      if (!live) screen.write(`${text}\n`)
      else {
        clear()
        drawn = `${bar(progress.share)} ${text}`.slice(0, (screen.columns ?? 100) - 1)
        screen.write(drawn)
      }
    },
    say(line) {
      const held = drawn
      clear()
      screen.write(`${line}\n`)
      if (live && held !== '') {
        drawn = held
        screen.write(held)
      }
    },
    end: clear,
  }
}

function bar(share: number): string {
  const full = Math.round(share * barWidth)
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`
}

function textOf({ share, events, at, learning, nights }: Progress): string {
  const day = new Date(at).toISOString().slice(0, 10)
  const what = learning ? 'learning at night' : `${events.toLocaleString('en')} events`
  return `${Math.floor(share * 100)} % of the file, ${day}, ${what}, ${nights} nights of learning`
}
