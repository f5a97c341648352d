// The log of the fake door: six weeks of one person. What the days cost is summed up from it, as the agent does it.

import { dateOf, noonBefore, noSum } from '../costs'
import type { Entry, LogFilter, UsageSum } from './index'

const noEntry: Entry = {
  id: 0,
  time: 0,
  origin: '',
  provider: '',
  endpoint: '',
  model: '',
  credential: '',
  status: 200,
  code: '',
  input: -1,
  output: -1,
  millis: 0,
  bytesIn: 900,
  bytesOut: 4200,
  refused: false,
  count: 1,
  cost: 0,
  estimated: false,
}

/** Who uses what, at which mean cost a day in millionths of a dollar, and from how many days ago until how many. */
const habits: [origin: string, provider: string, model: string, key: string, cost: number, from: number, to: number][] = [
  ['https://board.kaiban.example', 'openai', 'gpt-4o-mini', 'personal', 340_000, 44, 0],
  ['https://board.kaiban.example', 'anthropic', 'claude-sonnet-4-5', 'default', 610_000, 26, 0],
  ['http://localhost:6256', 'openai', 'gpt-4o-mini', 'personal', 42_000, 30, 0],
  ['https://notes.example', 'openai', 'gpt-4o', 'work', 510_000, 44, 14],
  ['https://research.acorns.example', 'google', 'gemini-2.5-flash', 'default', 120_000, 19, 3],
  ['https://draw.example', 'openai', 'gpt-image-1', 'work', 260_000, 12, 6],
]

const endpoints: Record<string, string> = {
  openai: 'POST /chat/completions',
  anthropic: 'POST /v1/messages',
  google: 'POST /v1beta/models/{model}:generateContent',
}

/** What went wrong or was refused, and how often in ten days. */
const troubles: [often: number, entry: Partial<Entry>][] = [
  [6, { origin: 'https://pushy.example', provider: 'openai', status: 408, code: 'consent_pending', millis: 60_000 }],
  [9, { origin: 'https://pushy.example', provider: 'openai', status: 403, code: 'consent_denied', millis: 1, count: 14 }],
  [
    5,
    {
      origin: 'https://board.kaiban.example',
      provider: 'anthropic',
      endpoint: 'POST /v1/messages',
      model: 'claude-opus-4-1',
      status: 403,
      code: 'model_denied',
      millis: 1,
    },
  ],
  [
    4,
    {
      origin: 'https://board.kaiban.example',
      provider: 'openai',
      endpoint: 'POST /chat/completions',
      model: 'gpt-4o-mini',
      status: 402,
      code: 'budget_exhausted',
      millis: 2,
    },
  ],
  [
    7,
    {
      origin: 'https://board.kaiban.example',
      provider: 'openai',
      endpoint: 'POST /chat/completions',
      model: 'gpt-4o-mini',
      credential: 'personal',
      status: 429,
      millis: 130,
    },
  ],
]

/** Numbers that look like chance and are the same each time. */
function dice(seed: number): () => number {
  let n = seed
  return () => (n = (n * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
}

/** The entries of one habit on one day: what they cost together is what was wanted, to the millionth. */
function served(habit: (typeof habits)[number], cost: number, from: number, until: number, next: () => number): Entry[] {
  const [origin, provider, model, credential] = habit
  const n = Math.max(1, Math.round(cost / (provider === 'anthropic' ? 9_000 : model === 'gpt-image-1' ? 41_000 : 6_500)))
  const each = Math.floor(cost / n)
  return Array.from({ length: n }, (_, i) => {
    const cut = next() > 0.985
    return {
      ...noEntry,
      time: Math.floor(from + next() * (until - from)),
      origin,
      provider,
      endpoint: model === 'gpt-image-1' ? 'POST /images/generations' : (endpoints[provider] ?? ''),
      model,
      credential,
      code: cut ? 'page_gone' : '',
      input: cut ? -1 : 700 + Math.round(next() * 1_900),
      output: cut ? -1 : 120 + Math.round(next() * 700),
      millis: 600 + Math.round(next() * 9_000),
      cost: i === 0 ? cost - each * (n - 1) : each,
      estimated: cut,
    }
  })
}

/** The log, the newest first. */
export function fakeLog(now: number): Entry[] {
  const next = dice(7)
  const all: Entry[] = []
  for (let ago = 44; ago >= 0; ago--) {
    const noon = noonBefore(now, ago)
    const from = new Date(noon).setHours(ago ? 8 : 0, 0, 0, 0)
    const until = ago ? new Date(noon).setHours(21) : now - 15_000
    const weekend = [0, 6].includes(new Date(noon).getDay()) && ago > 0
    for (const habit of habits) {
      const [, , , , mean, first, last] = habit
      const chance = next()
      if (ago > first || ago < last || (weekend && chance < 0.6)) continue
      all.push(...served(habit, Math.round(mean * (0.35 + chance * 1.3)), from, until, next))
    }
    for (const [often, trouble] of troubles) {
      if (ago > 0 && next() * 10 > often) continue
      const time = Math.floor(from + next() * (until - from))
      all.push({ ...noEntry, time, refused: trouble.status !== 429, ...trouble })
    }
  }
  const named = all.sort((a, b) => a.time - b.time).map((e, i) => ({ ...e, id: i + 1 }))
  return named.reverse()
}

/** Whether an entry fits a filter, by the agent's rules. */
export function fits(e: Entry, f: LogFilter): boolean {
  const same = (wanted: string | undefined, is: string) => !wanted || wanted === is
  const status = f.status ?? 0
  return (
    same(f.origin, e.origin) &&
    same(f.provider, e.provider) &&
    same(f.model, e.model) &&
    same(f.code, e.code) &&
    (!status || (status < 6 ? Math.floor(e.status / 100) === status : e.status === status)) &&
    (!f.only || e.refused === (f.only === 'refused')) &&
    (!f.since || e.time >= f.since) &&
    (!f.until || e.time < f.until) &&
    (!f.before || e.id < f.before)
  )
}

/** The entries summed up for each day, told apart by everything; refusals by day alone. */
export function usageOf(entries: Entry[]): UsageSum[] {
  const rows = new Map<string, UsageSum>()
  for (const e of entries) {
    const told = e.refused
      ? { origin: '', provider: '', model: '', key: '' }
      : { origin: e.origin, provider: e.provider, model: e.model, key: e.credential }
    const row = { day: dateOf(e.time), ...told }
    const id = JSON.stringify(row)
    const sum = rows.get(id) ?? { ...noSum, ...row }
    rows.set(id, sum)
    if (e.refused) {
      sum.refused += e.count
      continue
    }
    sum.requests++
    sum.input += Math.max(0, e.input)
    sum.output += Math.max(0, e.output)
    sum.cost += Math.max(0, e.cost)
    sum.estimated += e.estimated ? Math.max(0, e.cost) : 0
    sum.unpriced += e.cost < 0 ? 1 : 0
  }
  return [...rows.values()]
}
