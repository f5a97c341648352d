import { expect, test } from 'vitest'
import { DoorError, doorError, type Entry, type Limits, type State } from './api'
import { handOffer } from './terms'
import { and, errorSentence, headline, limitsText, modelsText, outcome, subline, untilText, words } from './words'

const state = (some: Partial<State>, vault: Partial<State['vault']> = {}): State =>
  ({ state: 'on', sites: 0, keys: 0, vault: { kind: 'keychain', status: 'ready', message: '', ...vault }, ...some }) as State

test.each([
  [state({ sites: 2, keys: 3 }), 'Oaklock is on. 2 sites may use 3 keys.'],
  [state({ sites: 1, keys: 1 }), 'Oaklock is on. 1 site may use 1 key.'],
  [state({ keys: 1 }), 'Oaklock is on. No site may use your key yet.'],
  [state({}), 'Oaklock is on, and has no key yet.'],
  [state({ state: 'paused', keys: 2 }), 'Oaklock is paused.'],
  [state({ state: 'locked', keys: 2 }), 'Oaklock is locked.'],
  [state({ state: 'locked' }, { kind: 'file', status: 'new' }), 'Oaklock has no place for your keys yet.'],
  [state({ state: 'locked' }, { status: 'unavailable' }), 'Oaklock cannot reach a keychain.'],
  [state({}, { status: 'unavailable', message: 'There is none.' }), 'Oaklock is on, but cannot reach a keychain.'],
  [state({ keys: 2, sites: 1 }, { status: 'locked' }), 'Oaklock is on, but cannot read your keys until you unlock them.'],
])('the sentence at the top', (s, sentence) => {
  expect(headline(s)).toBe(sentence)
  expect(subline(s)).toMatch(/\.$/)
})

const limits = (some: Partial<Limits>): Limits => ({ ...handOffer.limits, costDay: 0, ...some })

test('terms in words', () => {
  expect(limitsText(limits({ costDay: 1_000_000, requestsPerMinute: 30 }))).toBe('$1.00 a day, 30 requests a minute')
  expect(limitsText(limits({}))).toBe('no limit')
  expect(modelsText(['*'])).toBe('all models')
  expect(modelsText([])).toBe('no model')
  expect(modelsText(['a', 'b', 'c'])).toBe('only a, b and c')
  expect(untilText({ expiresAt: 0, untilQuit: true }, 0)).toBe('until Oaklock quits')
  expect(untilText({ expiresAt: 0, untilQuit: false }, 0)).toBe('until you revoke it')
  expect(and([])).toBe('')
})

const entry = (some: Partial<Entry>): Entry => ({ status: 200, code: '', ...some }) as Entry

test.each([
  [entry({}), 'served', 'Answered'],
  [entry({ status: 429 }), 'failed', 'The provider said no (429)'],
  [entry({ status: 403, code: 'model_denied' }), 'refused', 'Refused: this model was not allowed'],
  [entry({ status: 502, code: 'upstream_unreachable' }), 'failed', 'Failed: the provider was not reached'],
  [entry({ status: 423, code: 'paused' }), 'refused', 'Refused: Oaklock was paused'],
  [entry({ status: 200, code: 'paused' }), 'refused', 'Cut off: Oaklock was paused'],
  [entry({ status: 403, code: 'some_new_code' }), 'refused', 'Refused: some new code'],
])('what happened', (e, kind, text) => expect(outcome(e)).toEqual({ kind, text }))

test('an error speaks with its own words, else with those of its code, and is never silent', () => {
  expect(errorSentence(new DoorError('refused', 'Not this key.'))).toBe('Not this key.')
  expect(errorSentence(new DoorError('locked', ''))).toMatch(/locked/)
  expect(errorSentence(new DoorError('something new', ''))).toMatch(/Something went wrong/)
  expect(errorSentence(doorError({ code: 'bad_input', message: 'Too short.' }))).toBe('Too short.')
  expect(errorSentence(doorError('panic: /home/me'))).not.toMatch(/home/)
})

test('no sentence shouts', () => {
  const said: string[] = []
  const collect = (value: unknown): void => {
    if (typeof value === 'string') said.push(value)
    else if (value && typeof value === 'object') Object.values(value).forEach(collect)
  }
  collect(words)
  expect(said.length).toBeGreaterThan(150)
  expect(said.filter((s) => s.includes('!'))).toEqual([])
})

test('what end-to-end tests and screen readers look for keeps its name', () => {
  expect([words.question.allow, words.question.deny, words.question.block]).toEqual(['Allow', 'Deny', 'Block'])
  const { label, ...views } = words.nav
  expect(label).toBe('Main')
  expect(Object.values(views)).toEqual(['Overview', 'Sites', 'Keys', 'Activity', 'Settings'])
  expect(words.question.promise).toBe('It can ask the models. It cannot see the key, your files, or your account.')
})
