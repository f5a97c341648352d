import { describe, expect, test } from 'vitest'
import type { Terms } from './api'
import { handOffer, termsForm, toTerms, type TermsForm } from './terms'

const made = (form: TermsForm, from: Terms, asked: string[] = []): Terms => {
  const result = toTerms(form, from, asked)
  if ('problem' in result) throw new Error(result.problem)
  return result.terms
}

const change = (from: Terms, some: Partial<TermsForm>, asked: string[] = []) =>
  toTerms({ ...termsForm(from, asked), ...some }, from, asked)

describe('a form that nobody touched says what it was made from', () => {
  const cases: [string, Terms, string[]][] = [
    ['the usual offer', handOffer, ['gpt-4o']],
    ['one day', { ...handOffer, days: 1 }, []],
    ['an unusual number of days', { ...handOffer, days: 14 }, []],
    ['until quit', { ...handOffer, days: 0, untilQuit: true }, []],
    ['a grant with its end', { ...handOffer, days: 0, expiresAt: 1_900_000_000_000 }, []],
    ['some models', { ...handOffer, models: ['a', 'b'] }, ['c']],
    ['the model asked for', { ...handOffer, models: ['c'] }, ['c']],
    ['a limit in tokens', { ...handOffer, limits: { ...handOffer.limits, costDay: 0, tokensDay: 50_000 } }, []],
    ['an unusual limit', { ...handOffer, limits: { ...handOffer.limits, costDay: 3_330_000 } }, []],
    ['two limits', { ...handOffer, limits: { ...handOffer.limits, costMonth: 9_000_000 } }, []],
    ['a key', { ...handOffer, credential: 'work' }, []],
    ['what is saved, too', { ...handOffer, classes: ['inference', 'stored'] }, []],
  ]
  test.each(cases)('%s', (_, from, asked) => expect(made(termsForm(from, asked), from, asked)).toEqual(from))
})

test('each field narrows what it is about and nothing else', () => {
  const asked = ['gpt-4o-mini', 'gpt-4o-mini', 'claude']
  const only = change(handOffer, { models: 'asked' }, asked)
  expect(only).toEqual({ terms: { ...handOffer, models: ['gpt-4o-mini', 'claude'] } })
  expect(change(handOffer, { models: 'listed', listed: 'a, b  c,a' })).toEqual({
    terms: { ...handOffer, models: ['a', 'b', 'c'] },
  })
  expect(change(handOffer, { limit: '5000000' })).toEqual({
    terms: { ...handOffer, limits: { ...handOffer.limits, costDay: 5_000_000 } },
  })
  expect(change(handOffer, { limit: 'other', amount: '2.50', period: 'week' })).toEqual({
    terms: { ...handOffer, limits: { ...handOffer.limits, costDay: 0, costWeek: 2_500_000 } },
  })
  expect(change(handOffer, { limit: 'other', unit: 'tokens', amount: '100,000', period: 'month' })).toEqual({
    terms: { ...handOffer, limits: { ...handOffer.limits, costDay: 0, tokensMonth: 100_000 } },
  })
  const both = { ...handOffer, limits: { ...handOffer.limits, tokensDay: 5 } }
  expect(change(both, { limit: 'other', amount: '2.50', period: 'day' })).toEqual({
    terms: { ...both, limits: { ...both.limits, costDay: 2_500_000 } },
  })
  for (const amount of ['', '0', '1.5', '-3', '1,00', 'many', '9'.repeat(16)]) {
    expect(change(handOffer, { limit: 'other', unit: 'tokens', amount })).toEqual({
      problem: expect.stringMatching(/whole number/),
    })
  }
  expect(change(handOffer, { stored: true })).toEqual({ terms: { ...handOffer, classes: ['inference', 'stored'] } })
  expect(change({ ...handOffer, classes: ['inference', 'stored'] }, { stored: false })).toEqual({ terms: handOffer })
  expect(change(handOffer, { time: 'quit' })).toEqual({ terms: { ...handOffer, days: 0, untilQuit: true } })
  expect(change(handOffer, { time: '30' })).toEqual({ terms: { ...handOffer, days: 30 } })
  expect(change({ ...handOffer, expiresAt: 5, days: 0 }, { time: '1' })).toEqual({
    terms: { ...handOffer, expiresAt: 0, days: 1 },
  })
})

test('an empty list never becomes all', () => {
  for (const listed of ['', ' , ', '*', '* *']) expect(change(handOffer, { models: 'listed', listed })).toHaveProperty('problem')
  expect(change(handOffer, { models: 'asked' }, [])).toHaveProperty('problem')
})

test('a limit that is none is refused', () => {
  for (const amount of ['', '0', '-3', 'much']) expect(change(handOffer, { limit: 'other', amount })).toHaveProperty('problem')
})
