// The money of the fake door: what the days of one person have cost, and which sites were stopped for it.

import { counts, dateOf, noSum } from '../costs'
import {
  noLimits,
  type Grant,
  type Key,
  type Limits,
  type OverLimit,
  type PausedSite,
  type Price,
  type Running,
  type Site,
  type Today,
  type UsageFilter,
  type UsageSum,
  type Use,
} from './index'

/** The limits over everything, from the setting's text. */
export function limitsOf(text: string): Limits {
  const limits = noLimits()
  const names: Record<string, keyof Limits> = {
    '/day': 'costDay',
    '/week': 'costWeek',
    '/month': 'costMonth',
    'tokens/day': 'tokensDay',
    'tokens/week': 'tokensWeek',
    'tokens/month': 'tokensMonth',
    'requests/minute': 'requestsPerMinute',
    'requests at once': 'atOnce',
    'tokens/answer': 'outputTokens',
  }
  for (const [, amount = '', what = ''] of text.matchAll(/([\d.]+)([^,]+)/g)) {
    const name = names[what]
    if (name) limits[name] = Math.round(Number(amount) * (name.startsWith('cost') ? 1_000_000 : 1))
  }
  return limits
}

const dimensions = { day: 'day', site: 'origin', provider: 'provider', model: 'model', key: 'key' } as const

/** The sums that a filter asks for: by day where that is asked for, else the dearest first. */
export function sumUp(rows: UsageSum[], f: UsageFilter): UsageSum[] {
  const by = f.by.map((d) => dimensions[d as keyof typeof dimensions])
  const sums = new Map<string, UsageSum>()
  for (const r of rows) {
    if ((f.since && r.day < dateOf(f.since)) || (f.until && r.day > dateOf(f.until))) continue
    if ((f.origin && r.origin !== f.origin) || (f.provider && r.provider !== f.provider) || (f.model && r.model !== f.model))
      continue
    const id = JSON.stringify(by.map((d) => r[d]))
    const sum = sums.get(id) ?? { ...noSum, ...Object.fromEntries(by.map((d) => [d, r[d]])) }
    for (const n of counts) sum[n] += r[n]
    sums.set(id, sum)
  }
  return [...sums.values()].sort((a, b) => a.day.localeCompare(b.day) || b.cost - a.cost || b.requests - a.requests)
}

const total = (rows: UsageSum[], f: Partial<UsageFilter>): UsageSum =>
  sumUp(rows, { by: [], since: 0, until: 0, origin: '', provider: '', model: '', ...f })[0] ?? noSum

export function todayOf(rows: UsageSum[], now: number): Today {
  const { requests, refused, input, output, cost, estimated, unpriced } = total(rows, { since: now, until: now })
  return { requests, refused, input, output, cost, estimated, unpriced }
}

/** The beginnings of the day, the week and the month, and of the next ones. */
function periods(now: number) {
  const d = new Date(now)
  const at = (month: number, date: number) => new Date(d.getFullYear(), month, date).getTime()
  const monday = d.getDate() - ((d.getDay() + 6) % 7)
  return {
    day: at(d.getMonth(), d.getDate()),
    week: at(d.getMonth(), monday),
    month: at(d.getMonth(), 1),
    dayEnds: at(d.getMonth(), d.getDate() + 1),
    weekEnds: at(d.getMonth(), monday + 7),
    monthEnds: at(d.getMonth() + 1, 1),
  }
}

const none = noLimits()

/** How much of the limits of a site at a provider, or of everything, is used. */
export function useOf(
  rows: UsageSum[],
  limits: Limits,
  now: number,
  of: Partial<UsageFilter> = {},
  held: Partial<Limits> = {},
): Use {
  const p = periods(now)
  const [d, w, m] = [p.day, p.week, p.month].map((since) => total(rows, { ...of, since }))
  const used: Limits = {
    ...none,
    costDay: d?.cost ?? 0,
    costWeek: w?.cost ?? 0,
    costMonth: m?.cost ?? 0,
    tokensDay: (d?.input ?? 0) + (d?.output ?? 0),
    tokensWeek: (w?.input ?? 0) + (w?.output ?? 0),
    tokensMonth: (m?.input ?? 0) + (m?.output ?? 0),
    requestsPerMinute: held.atOnce ? 4 : 0,
  }
  const taken: Limits = { ...none, ...held }
  const left = { ...none, outputTokens: limits.outputTokens }
  for (const name of Object.keys(none) as (keyof Limits)[]) {
    if (limits[name] && name !== 'outputTokens') left[name] = Math.max(0, limits[name] - used[name] - taken[name])
  }
  return { used, held: taken, left, dayEnds: p.dayEnds, weekEnds: p.weekEnds, monthEnds: p.monthEnds }
}

export function withUse(
  rows: UsageSum[],
  site: Site,
  now: number,
  running: { origin: string; provider: string; reserved: number }[],
): Site {
  const grants = site.grants.map((g): Grant => {
    const held = running.filter((r) => r.origin === site.origin && r.provider === g.provider)
    const of = { origin: site.origin, provider: g.provider }
    return { ...g, ...useOf(rows, g.limits, now, of, heldBy(held)) }
  })
  return { ...site, grants }
}

/** What requests that are under way hold. */
export function heldBy(running: { reserved: number }[]): Partial<Limits> {
  const cost = running.reduce((sum, r) => sum + r.reserved, 0)
  return { costDay: cost, costWeek: cost, costMonth: cost, atOnce: running.length }
}

/** How much of the limits of a key is used, by all sites together. */
export function withKeyUse(rows: UsageSum[], key: Key, now: number, running: Running[]): Key {
  const own = rows.filter((r) => r.provider === key.provider && r.key === key.label)
  const held = running.filter((r) => r.provider === key.provider && key.label !== 'work')
  return { ...key, ...useOf(own, key.limits, now, {}, heldBy(held)) }
}

const over = (now: number, some: Partial<OverLimit>): OverLimit => ({
  origin: 'https://board.kaiban.example',
  provider: 'openai',
  name: 'OpenAI',
  code: 'budget_exhausted',
  model: 'gpt-4o-mini',
  scope: 'site',
  credential: '',
  limit: 'costDay',
  ceiling: 1_000_000,
  used: 954_210,
  held: 24_600,
  need: 81_920,
  resets: periods(now).dayEnds,
  at: now - 40_000,
  raiseTo: 2_000_000,
  message: 'https://board.kaiban.example has come to the limit of $1.00 a day for OpenAI.',
  ...some,
})

export const fakeOverLimit = (now: number): OverLimit[] => [
  over(now, {}),
  over(now, {
    provider: 'anthropic',
    name: 'Anthropic',
    model: 'claude-sonnet-4-5',
    scope: 'key',
    credential: 'default',
    limit: 'costMonth',
    ceiling: 20_000_000,
    used: 19_988_400,
    held: 0,
    need: 122_880,
    resets: periods(now).monthEnds,
    raiseTo: 40_000_000,
  }),
  over(now, {
    origin: 'http://localhost:6256',
    code: 'rate_limited',
    limit: 'requestsPerMinute',
    ceiling: 10,
    used: 10,
    held: 0,
    need: 1,
    resets: 0,
    raiseTo: 20,
  }),
  over(now, {
    origin: 'https://research.acorns.example',
    provider: 'google',
    name: 'Google',
    code: 'price_unknown',
    model: 'gemini-next-preview',
    scope: '',
    limit: '',
    ceiling: 0,
    used: 0,
    held: 0,
    need: 0,
    resets: 0,
    raiseTo: 0,
  }),
]

/** As many as there are when a common limit is too low. */
export const manyOverLimit = (now: number): OverLimit[] => [
  ...fakeOverLimit(now),
  ...Array.from({ length: 26 }, (_, i) => over(now, { origin: `https://app-${i + 1}.tools.example`, at: now - i * 60_000 })),
]

export const fakePaused = (now: number): PausedSite[] => [
  {
    origin: 'https://swarm.example',
    reason: 'same_requests',
    count: 34,
    cost: 418_200,
    at: now - 90_000,
    message: 'https://swarm.example is paused: it sent 34 nearly equal requests within a minute ($0.4182 in that minute).',
  },
]

export const inDoubt = [
  'the permission of https://notes.example for openai',
  'the limits of the key openai/personal',
  'the setting limit',
]

export const fakePrice = (provider: string, model: string, input: number, output: number): Price => ({
  provider,
  model,
  aliases: [],
  input,
  cachedInput: 0,
  cacheWrite: 0,
  output,
  audioInput: 0,
  audioOutput: 0,
  image: 0,
  search: 0,
  second: 0,
  character: 0,
  longAbove: 0,
  longInput: 0,
  longOutput: 0,
  maxOutput: 0,
  date: '2025-11-25',
  source: `https://${provider}.example/pricing`,
  note: '',
  edited: false,
  known: true,
})

const half = (rate: number, times: number): number => Math.round(rate / 2 ** times / 1000) * 1000

export const fakePrices = (): Price[] => [
  { ...fakePrice('openai', 'gpt-4o-mini', 150_000, 600_000), cachedInput: 75_000 },
  { ...fakePrice('openai', 'gpt-4o', 2_500_000, 10_000_000), cachedInput: 1_250_000 },
  ...['gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'gpt-4.1', 'gpt-4.1-mini', 'o3', 'o4-mini'].map((model, i) => ({
    ...fakePrice('openai', model, half(1_250_000, i), half(10_000_000, i)),
    cachedInput: 125_000,
  })),
  { ...fakePrice('openai', 'text-embedding-3-small', 20_000, 0) },
  { ...fakePrice('openai', 'gpt-image-1', 5_000_000, 40_000_000), image: 42_000 },
  { ...fakePrice('openai', 'whisper-1', 0, 0), second: 100_000_000 },
  {
    ...fakePrice('anthropic', 'claude-sonnet-4-5', 3_000_000, 15_000_000),
    cachedInput: 300_000,
    cacheWrite: 3_750_000,
    search: 10_000,
    longAbove: 200_000,
    longInput: 6_000_000,
    longOutput: 22_500_000,
  },
  { ...fakePrice('anthropic', 'claude-haiku-4-5', 1_000_000, 5_000_000), cachedInput: 100_000 },
  ...['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-2.5-flash-lite'].map((model, i) =>
    fakePrice('google', model, half(1_250_000, i), half(10_000_000, i)),
  ),
  ...['mistral-large', 'mistral-medium', 'mistral-small'].map((model, i) =>
    fakePrice('mistral', model, half(2_000_000, i), half(6_000_000, i)),
  ),
  { ...fakePrice('groq', 'llama-3.3-70b', 590_000, 790_000), input: 550_000, edited: true, source: 'set by you' },
  { ...fakePrice('my-models', 'qwen3-32b', 0, 0), edited: true, known: false, source: 'set by you' },
]
