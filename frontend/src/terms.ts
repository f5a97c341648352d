// What a form about terms holds, and how it becomes terms. Plain values: a view keeps a form in $state.

import { noLimits, storedClass, type Limits, type Setting, type Terms } from './api'
import { amountField, millionths, wholeNumber } from './format'
import { limits as limitWords, terms as words } from './words'

type Period = 'day' | 'week' | 'month'

/** The amounts that a click away, in millionths of a dollar a day. */
export const usualLimits = [250_000, 1_000_000, 5_000_000, 20_000_000]

/** The times that are a click away, in days. */
export const usualDays = [1, 7, 30]

/** All limits as they are typed, empty for none. */
export type LimitsForm = Record<keyof Limits, string>

/** In the order in which they stand in a form. */
export const limitNames = [
  'costDay',
  'costWeek',
  'costMonth',
  'tokensDay',
  'tokensWeek',
  'tokensMonth',
  'requestsPerMinute',
  'atOnce',
  'outputTokens',
] as const satisfies (keyof Limits)[]

const isCost = (name: keyof Limits): boolean => name.startsWith('cost')

/** A form that says what the limits say. */
export const limitsForm = (from: Limits): LimitsForm =>
  Object.fromEntries(
    limitNames.map((name) => [name, from[name] ? (isCost(name) ? amountField(from[name]) : String(from[name])) : '']),
  ) as LimitsForm

/** The limits that a form says, or what is wrong with it, as a sentence. */
export function toLimits(form: LimitsForm): { limits: Limits } | { problem: string } {
  const limits = Object.fromEntries(
    limitNames.map((name) => {
      const typed = form[name].trim()
      return [name, typed === '' ? 0 : isCost(name) ? millionths(typed) : wholeNumber(typed)]
    }),
  ) as unknown as Limits
  const bad = limitNames.find((name) => Number.isNaN(limits[name]))
  if (!bad) return { limits }
  return { problem: limitWords.bad(limitWords.fields[bad], isCost(bad) ? words.badAmount : limitWords.badNumber) }
}

/** Limits as the setting for everything has them. */
export function typedLimits(limits: Limits): string {
  const dollars = (n: number) => (n / 1_000_000).toFixed(6).replace(/0{1,4}$/, '')
  const typed: Record<keyof Limits, (n: number) => string> = {
    costDay: (n) => `${dollars(n)}/day`,
    costWeek: (n) => `${dollars(n)}/week`,
    costMonth: (n) => `${dollars(n)}/month`,
    tokensDay: (n) => `${n}tokens/day`,
    tokensWeek: (n) => `${n}tokens/week`,
    tokensMonth: (n) => `${n}tokens/month`,
    requestsPerMinute: (n) => `${n}requests/minute`,
    atOnce: (n) => `${n}requests at once`,
    outputTokens: (n) => `${n}tokens/answer`,
  }
  const all = limitNames.filter((name) => limits[name] > 0).map((name) => typed[name](limits[name]))
  return all.join(', ') || 'off'
}

export interface TermsForm {
  models: 'all' | 'asked' | 'listed'
  /** Names for "listed", as typed. */
  listed: string
  /** Millionths a day as text, "offered" for the limits as they stand, "other" for one, or "several". */
  limit: string
  amount: string
  period: Period
  /** What an amount of one's own is of. A limit of tokens holds for models without a known price too. */
  unit: 'dollars' | 'tokens'
  /** For "several". */
  limits: LimitsForm
  /** Days as text, "quit", or "keep" for the end as it stands. Every permission ends. */
  time: string
  credential: string
  /** Whether it may use what is saved under the key, too. */
  stored: boolean
}

const onlyCostDay = (l: Limits): boolean =>
  l.costDay > 0 && !l.costWeek && !l.costMonth && !l.tokensDay && !l.tokensWeek && !l.tokensMonth

/** A form that says what the terms say. */
export function termsForm(from: Terms, asked: string[]): TermsForm {
  const all = from.models.includes('*')
  const justAsked = !all && asked.length > 0 && from.models.length === asked.length && asked.every((m) => from.models.includes(m))
  return {
    models: all ? 'all' : justAsked ? 'asked' : 'listed',
    listed: all ? '' : from.models.join(', '),
    limit: onlyCostDay(from.limits) && usualLimits.includes(from.limits.costDay) ? String(from.limits.costDay) : 'offered',
    amount: '',
    period: 'day',
    unit: 'dollars',
    limits: limitsForm(from.limits),
    time:
      from.expiresAt || (from.untilQuit && from.days)
        ? 'keep'
        : from.untilQuit
          ? 'quit'
          : from.days
            ? String(from.days)
            : 'forever',
    credential: from.credential,
    stored: from.classes.includes(storedClass),
  }
}

/** The terms that a form says, or what is wrong with it, as a sentence. What the form does not mention stays as in from. */
export function toTerms(form: TermsForm, from: Terms, asked: string[]): { terms: Terms } | { problem: string } {
  let models: string[]
  if (form.models === 'all') models = ['*']
  else if (form.models === 'asked') models = [...new Set(asked)]
  else models = [...new Set(form.listed.split(/[\s,]+/).filter((m) => m && m !== '*'))]
  if (!models.length) return { problem: words.noModels }

  let limits = from.limits
  if (form.limit === 'several') {
    const made = toLimits(form.limits)
    if ('problem' in made) return made
    limits = made.limits
  } else if (form.limit !== 'offered') {
    const own = form.limit === 'other'
    const inTokens = own && form.unit === 'tokens'
    const amount = inTokens ? wholeNumber(form.amount) : own ? millionths(form.amount) : Number(form.limit)
    if (!(amount > 0)) return { problem: inTokens ? words.badTokens : words.badAmount }
    const period = own ? form.period : 'day'
    const of = (one: Period) => (period === one ? amount : 0)
    const chosen = { day: of('day'), week: of('week'), month: of('month') }
    // Whoever says dollars keeps what was said of tokens; whoever says tokens wants no limit of dollars, which asks for prices.
    limits = inTokens
      ? {
          ...from.limits,
          costDay: 0,
          costWeek: 0,
          costMonth: 0,
          tokensDay: chosen.day,
          tokensWeek: chosen.week,
          tokensMonth: chosen.month,
        }
      : { ...from.limits, costDay: chosen.day, costWeek: chosen.week, costMonth: chosen.month }
  }

  const end =
    form.time === 'keep'
      ? { days: from.days, expiresAt: from.expiresAt, untilQuit: from.untilQuit }
      : form.time === 'quit'
        ? { days: 0, expiresAt: 0, untilQuit: true }
        : { days: Number(form.time), expiresAt: 0, untilQuit: false }

  const classes = [...from.classes.filter((c) => c !== storedClass), ...(form.stored ? [storedClass] : [])]

  return { terms: { ...from, classes, models, limits, ...end, credential: form.credential } }
}

/** What a question offers while the settings say nothing else. */
export const usualOffer: Terms = {
  classes: ['inference'],
  models: ['*'],
  limits: { ...noLimits(), costDay: 1_000_000 },
  days: 7,
  expiresAt: 0,
  untilQuit: false,
  credential: '',
}

/** What is offered where no question offers anything, as for a site that the user adds by hand: what a question would. */
export function handOffer(settings: Setting[]): Terms {
  const value = (name: string) => settings.find((s) => s.name === name)?.value ?? ''
  const costDay = millionths(value('default_limit').replace(/\/day$/, ''))
  const days = wholeNumber(value('default_days'))
  return {
    ...usualOffer,
    limits: { ...usualOffer.limits, costDay: costDay > 0 ? costDay : usualOffer.limits.costDay },
    days: days > 0 ? days : usualOffer.days,
  }
}
