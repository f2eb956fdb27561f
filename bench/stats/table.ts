/** Median of a list that is not empty. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
}

/** Median with the least and the most. */
export function spread(values: readonly number[], digits = 1): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)]
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}..${most.toFixed(digits)})`
}

/** A figure beside its bar; a bar that is missed makes the program end with exit code 1. */
export function held(figure: number, bar: number, unit = ''): string {
  if (!(figure <= bar)) process.exitCode = 1
  return `${bar}${unit}${figure <= bar ? '' : ' missed'}`
}

/** One line of a table. */
export function line(...cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}
