import { afterEach, describe, expect, test } from 'vitest'
import type { Terms } from './api'
import { limitsOf } from './api/fake-money'
import { speak } from './locale.svelte'
import { handOffer, limitsForm, termsForm, toLimits, toTerms, typedLimits, type TermsForm, usualOffer } from './terms'

const made = (form: TermsForm, from: Terms, asked: string[] = []): Terms => {
  const result = toTerms(form, from, asked)
  if ('problem' in result) throw new Error(result.problem)
  return result.terms
}

const change = (from: Terms, some: Partial<TermsForm>, asked: string[] = []) =>
  toTerms({ ...termsForm(from, asked), ...some }, from, asked)

describe('a form that nobody touched says what it was made from', () => {
  const cases: [string, Terms, string[]][] = [
    ['the usual offer', usualOffer, ['gpt-4o']],
    ['one day', { ...usualOffer, days: 1 }, []],
    ['an unusual number of days', { ...usualOffer, days: 14 }, []],
    ['until quit', { ...usualOffer, days: 0, untilQuit: true }, []],
    ['a grant with its end', { ...usualOffer, days: 0, expiresAt: 1_900_000_000_000 }, []],
    ['some models', { ...usualOffer, models: ['a', 'b'] }, ['c']],
    ['the model asked for', { ...usualOffer, models: ['c'] }, ['c']],
    ['a limit in tokens', { ...usualOffer, limits: { ...usualOffer.limits, costDay: 0, tokensDay: 50_000 } }, []],
    ['an unusual limit', { ...usualOffer, limits: { ...usualOffer.limits, costDay: 3_330_000 } }, []],
    ['two limits', { ...usualOffer, limits: { ...usualOffer.limits, costMonth: 9_000_000 } }, []],
    ['a key', { ...usualOffer, credential: 'work' }, []],
    ['what is saved, too', { ...usualOffer, classes: ['inference', 'stored'] }, []],
  ]
  test.each(cases)('%s', (_, from, asked) => expect(made(termsForm(from, asked), from, asked)).toEqual(from))
})

test('each field narrows what it is about and nothing else', () => {
  const asked = ['gpt-4o-mini', 'gpt-4o-mini', 'claude']
  const only = change(usualOffer, { models: 'asked' }, asked)
  expect(only).toEqual({ terms: { ...usualOffer, models: ['gpt-4o-mini', 'claude'] } })
  expect(change(usualOffer, { models: 'listed', listed: 'a, b  c,a' })).toEqual({
    terms: { ...usualOffer, models: ['a', 'b', 'c'] },
  })
  expect(change(usualOffer, { limit: '5000000' })).toEqual({
    terms: { ...usualOffer, limits: { ...usualOffer.limits, costDay: 5_000_000 } },
  })
  expect(change(usualOffer, { limit: 'other', amount: '2.50', period: 'week' })).toEqual({
    terms: { ...usualOffer, limits: { ...usualOffer.limits, costDay: 0, costWeek: 2_500_000 } },
  })
  expect(change(usualOffer, { limit: 'other', unit: 'tokens', amount: '100,000', period: 'month' })).toEqual({
    terms: { ...usualOffer, limits: { ...usualOffer.limits, costDay: 0, tokensMonth: 100_000 } },
  })
  const both = { ...usualOffer, limits: { ...usualOffer.limits, tokensDay: 5 } }
  expect(change(both, { limit: 'other', amount: '2.50', period: 'day' })).toEqual({
    terms: { ...both, limits: { ...both.limits, costDay: 2_500_000 } },
  })
  for (const amount of ['', '0', '1.5', '-3', '1,00', 'many', '9'.repeat(16)]) {
    expect(change(usualOffer, { limit: 'other', unit: 'tokens', amount })).toEqual({
      problem: expect.stringMatching(/whole number/),
    })
  }
  expect(change(usualOffer, { stored: true })).toEqual({ terms: { ...usualOffer, classes: ['inference', 'stored'] } })
  expect(change({ ...usualOffer, classes: ['inference', 'stored'] }, { stored: false })).toEqual({ terms: usualOffer })
  expect(change(usualOffer, { time: 'quit' })).toEqual({ terms: { ...usualOffer, days: 0, untilQuit: true } })
  expect(change(usualOffer, { time: '30' })).toEqual({ terms: { ...usualOffer, days: 30 } })
  expect(change({ ...usualOffer, expiresAt: 5, days: 0 }, { time: '1' })).toEqual({
    terms: { ...usualOffer, expiresAt: 0, days: 1 },
  })
})

test('an empty list never becomes all', () => {
  for (const listed of ['', ' , ', '*', '* *']) expect(change(usualOffer, { models: 'listed', listed })).toHaveProperty('problem')
  expect(change(usualOffer, { models: 'asked' }, [])).toHaveProperty('problem')
})

test('a limit that is none is refused', () => {
  for (const amount of ['', '0', '-3', 'much']) expect(change(usualOffer, { limit: 'other', amount })).toHaveProperty('problem')
})

describe('all limits, each in a field of its own', () => {
  const none = { ...usualOffer.limits, costDay: 0 }
  const every = {
    costDay: 1_250_000,
    costWeek: 1,
    costMonth: 9_999_999_000_000,
    tokensDay: 100_000,
    tokensWeek: 2,
    tokensMonth: 123_456_789_012_345,
    requestsPerMinute: 60,
    atOnce: 4,
    outputTokens: 2000,
  }
  afterEach(() => speak('en', ['en-GB']))

  test.each(['en', 'es'] as const)('what is shown is read as it was, and the agent reads what is sent: %s', (language) => {
    speak(language, [language])
    for (const limits of [none, every]) {
      expect(toLimits(limitsForm(limits))).toEqual({ limits })
      expect(limitsOf(typedLimits(limits))).toEqual(limits)
    }
    expect(typedLimits(none)).toBe('off')
    expect(typedLimits(every)).toBe(
      '1.25/day, 0.000001/week, 9999999.00/month, 100000tokens/day, 2tokens/week, 123456789012345tokens/month, ' +
        '60requests/minute, 4requests at once, 2000tokens/answer',
    )
  })

  test('what is no limit is said with its field', () => {
    const typed = (name: keyof typeof none, text: string) => toLimits({ ...limitsForm(every), [name]: text })
    for (const text of ['0', '-1', 'much', '1e3']) {
      expect(typed('costWeek', text)).toEqual({ problem: expect.stringMatching(/^Dollars a week: Enter an amount above zero/) })
      expect(typed('atOnce', text)).toEqual({ problem: expect.stringMatching(/^Requests at once: Enter a whole number/) })
    }
    expect(typed('atOnce', '1.5')).toHaveProperty('problem')
    expect(typed('costWeek', ' ')).toEqual({ limits: { ...every, costWeek: 0 } })
  })

  test('they become those of a site', () => {
    const form = { ...limitsForm(none), tokensWeek: '5000', atOnce: '2' }
    expect(change(usualOffer, { limit: 'several', limits: form })).toEqual({
      terms: { ...usualOffer, limits: { ...none, tokensWeek: 5000, atOnce: 2 } },
    })
    expect(change(usualOffer, { limit: 'several', limits: { ...form, atOnce: 'two' } })).toHaveProperty('problem')
  })
})

test('what the user adds by hand begins with what the settings let a question offer', () => {
  const setting = (name: string, value: string) => ({ name, value, default: '', help: '', values: [] })
  expect(handOffer([])).toEqual(usualOffer)
  expect(handOffer([setting('default_limit', '0.29/day'), setting('default_days', '30'), setting('wait', '60s')])).toEqual({
    ...usualOffer,
    limits: { ...usualOffer.limits, costDay: 290_000 },
    days: 30,
  })
  expect(handOffer([setting('default_limit', '1000.00/day')]).limits.costDay).toBe(1_000_000_000)
  expect(handOffer([setting('default_limit', 'a lot'), setting('default_days', 'for ever')])).toEqual(usualOffer)
})
