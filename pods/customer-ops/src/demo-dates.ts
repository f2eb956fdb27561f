const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const firstYear = 2008
const dayMs = 86_400_000
const opensMs = 9 * 3_600_000
const openMs = 9 * 3_600_000

/** Neighbouring rows with one weekday: what one day of calls looks like in the file. */
interface DayRun {
  readonly weekday: number
  readonly rows: number
}

/** Neighbouring rows with one month. */
interface MonthRun {
  readonly month: number
  readonly days: DayRun[]
}

/**
 * Dates for the bank telemarketing file, which is in order of time but names only month and weekday. The rule, in words in
 * data/README.md: the year starts at 2008 and advances when the month goes backwards; inside a month every run of one
 * weekday gets one working day, never before the run above it, so that as many rows as possible fall on their own weekday,
 * and then as early as possible; the rows of a day are spread evenly over 09:00 to 18:00 UTC.
 * @param months  one per row, `jan` to `dec`, in file order
 * @param days    one per row, `mon` to `fri`, as long as `months`
 * @returns       one date per row, strictly increasing
 */
export function bankDates(months: readonly string[], days: readonly string[]): Date[] {
  if (months.length !== days.length) throw new Error(`${months.length} months for ${days.length} weekdays`)
  const dates: Date[] = []
  let year = firstYear
  let previous = 0
  for (const { month, days: runs } of monthRuns(months, days)) {
    if (month < previous) year += 1
    previous = month
    const calendar = workingDays(year, month)
    const chosen = placeRuns(runs, calendar)
    for (const [at, day] of calendar.entries()) {
      const rows = runs.reduce((sum, run, index) => sum + (chosen[index] === at ? run.rows : 0), 0)
      for (let row = 0; row < rows; row += 1) {
        dates.push(new Date(day.getTime() + opensMs + Math.floor(((row + 0.5) / rows) * openMs)))
      }
    }
  }
  return dates
}

function monthRuns(months: readonly string[], days: readonly string[]): readonly MonthRun[] {
  const runs: MonthRun[] = []
  for (let from = 0; from < months.length; ) {
    let to = from
    while (to < months.length && months[to] === months[from] && days[to] === days[from]) to += 1
    const month = monthNames.indexOf(months[from] ?? '')
    const weekday = weekdayNames.indexOf(days[from] ?? '')
    if (month < 0 || weekday < 0) throw new Error(`row ${from + 1}: unknown month or weekday`)
    const last = runs.at(-1)
    const day = { weekday, rows: to - from }
    if (last?.month === month) last.days.push(day)
    else runs.push({ month, days: [day] })
    from = to
  }
  return runs
}

function workingDays(year: number, month: number): readonly Date[] {
  const days: Date[] = []
  for (let ms = Date.UTC(year, month, 1); new Date(ms).getUTCMonth() === month; ms += dayMs) {
    const day = new Date(ms)
    if (day.getUTCDay() !== 0 && day.getUTCDay() !== 6) days.push(day)
  }
  return days
}

/**
 * For each run the index of its day, never decreasing: fewest rows off their weekday, then earliest days, exactly, by dynamic
 * programming from the last run to the first (a month has at most 23 working days).
 */
function placeRuns(runs: readonly DayRun[], calendar: readonly Date[]): readonly number[] {
  const weekdays = calendar.map(day => day.getUTCDay())
  // costs[run][day]: rows off their weekday when this run and all after it lie on `day` or later.
  const costs: number[][] = [weekdays.map(() => 0)]
  for (const run of runs.toReversed()) {
    const after = costs[0] ?? []
    const row = weekdays.map((weekday, day) => off(run, weekday) + (after[day] ?? 0))
    for (let day = row.length - 2; day >= 0; day -= 1) row[day] = Math.min(row[day] ?? 0, row[day + 1] ?? 0)
    costs.unshift(row)
  }
  let from = 0
  return runs.map((run, index) => {
    const best = costs[index]?.[from] ?? 0
    while (from < weekdays.length - 1 && off(run, weekdays[from]) + (costs[index + 1]?.[from] ?? 0) > best) from += 1
    return from
  })
}

const off = (run: DayRun, weekday: number | undefined): number => (run.weekday === weekday ? 0 : run.rows)
