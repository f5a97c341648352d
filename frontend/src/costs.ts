// What the days cost, told apart by site, provider or model: sums of the agent's laid out for a chart. No sentences and no markup.

import type { UsageSum } from './api'

/** What costs are told apart by. */
export type CostsBy = 'site' | 'provider' | 'model'

const fields = { site: 'origin', provider: 'provider', model: 'model' } as const

/** What one site, provider or model cost on each of the days, in millionths of a dollar. */
export interface CostLine {
  /** Its name as the agent says it; empty for requests that name no model. */
  name: string
  /** Several in one, those that cost least. */
  rest: boolean
  days: number[]
  cost: number
  requests: number
}

export interface Costs {
  /** Every day from the first to the last, "2026-11-25", also those on which nothing was used. */
  days: string[]
  /** The dearest first. */
  lines: CostLine[]
  /** All lines together, and what was refused. */
  total: UsageSum
  /** What each day cost altogether. */
  perDay: number[]
}

/** A moment's date in the time zone of this machine, as the agent writes it. */
export function dateOf(at: number): string {
  const d = new Date(at)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`
}

/** Noon of a date: a moment of that day in every time zone, whatever its clocks do. */
export function noonOf(date: string): number {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  return new Date(year, month - 1, day, 12).getTime()
}

/** Noon some days before a moment's day. Hours would not do: a day has 23 or 25 of them now and then. */
export function noonBefore(at: number, days: number): number {
  const d = new Date(at)
  return new Date(d.getFullYear(), d.getMonth(), d.getDate() - days, 12).getTime()
}

/** A sum of nothing. */
export const noSum: UsageSum = {
  day: '',
  origin: '',
  provider: '',
  model: '',
  key: '',
  requests: 0,
  refused: 0,
  input: 0,
  output: 0,
  cost: 0,
  estimated: 0,
  unpriced: 0,
}

/** What of sums is added up. */
export const counts = ['requests', 'refused', 'input', 'output', 'cost', 'estimated', 'unpriced'] as const

/** Lays out sums by day and one thing more, from the date of since to that of now; at most so many lines. */
export function costsOf(sums: UsageSum[], by: CostsBy, since: number, now: number, most = 6): Costs {
  const days: string[] = []
  for (let ago = 0; ; ago++) {
    const date = dateOf(noonBefore(now, ago))
    if (date < dateOf(since)) break
    days.unshift(date)
  }
  const place = new Map(days.map((day, i) => [day, i]))
  const total = { ...noSum }
  const perDay = days.map(() => 0)
  const lines = new Map<string, CostLine>()
  for (const sum of sums) {
    const day = place.get(sum.day)
    if (day === undefined) continue
    for (const n of counts) total[n] += sum[n]
    // Refusals are summed up by day alone, but for those that cost something before they were one.
    if (!sum.requests && !sum.cost) continue
    const name = sum[fields[by]]
    const line = lines.get(name) ?? { name, rest: false, days: days.map(() => 0), cost: 0, requests: 0 }
    lines.set(name, line)
    line.days[day] = (line.days[day] ?? 0) + sum.cost
    line.cost += sum.cost
    line.requests += sum.requests
    perDay[day] = (perDay[day] ?? 0) + sum.cost
  }
  const dearest = [...lines.values()].sort((a, b) => b.cost - a.cost || b.requests - a.requests || (a.name < b.name ? -1 : 1))
  return { days, lines: dearest.length > most ? foldRest(dearest, most - 1) : dearest, total, perDay }
}

/** Keeps so many lines and makes one of the others. */
function foldRest(lines: CostLine[], kept: number): CostLine[] {
  const others = lines.slice(kept)
  const rest: CostLine = {
    name: '',
    rest: true,
    days: (others[0]?.days ?? []).map((_, i) => others.reduce((sum, line) => sum + (line.days[i] ?? 0), 0)),
    cost: others.reduce((sum, line) => sum + line.cost, 0),
    requests: others.reduce((sum, line) => sum + line.requests, 0),
  }
  return [...lines.slice(0, kept), rest]
}
