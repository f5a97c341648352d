import { afterEach, describe, expect, test } from 'vitest'
import ts from 'typescript'
import { DoorError, doorError, type Entry, type Limits, type State } from '../api'
import { languages, pickLocale, speak, type Language } from '../locale.svelte'
import { usualOffer } from '../terms'
import {
  costLabel,
  costText,
  errorSentence,
  headline,
  inLanguage,
  limitsText,
  modelsText,
  nav,
  outcome,
  question,
  settingWords,
  subline,
  untilText,
} from '.'
import enSource from './en.ts?raw'
import esSource from './es.ts?raw'

const state = (some: Partial<State>, vault: Partial<State['vault']> = {}): State =>
  ({
    state: 'on',
    sites: 0,
    keys: 0,
    unusableKeys: 0,
    vault: { kind: 'keychain', status: 'ready', message: '', ...vault },
    ...some,
  }) as State

test.each([
  [state({ sites: 2, keys: 3 }), 'Oaklock is on for 2 sites, with 3 keys.'],
  [state({ sites: 1, keys: 1 }), 'Oaklock is on for 1 site, with 1 key.'],
  [state({ keys: 1 }), 'Oaklock is on. No site may use your key yet.'],
  [state({}), 'Oaklock is on, and has no key yet.'],
  [state({ unusableKeys: 1 }), 'Oaklock is on, but your key cannot be used.'],
  [state({ unusableKeys: 2 }), 'Oaklock is on, but none of your 2 keys can be used.'],
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

const limits = (some: Partial<Limits>): Limits => ({ ...usualOffer.limits, costDay: 0, ...some })

test('terms in words', () => {
  expect(limitsText(limits({ costDay: 1_000_000, requestsPerMinute: 30 }))).toBe('$1.00 a day, 30 requests a minute')
  expect(limitsText(limits({}))).toBe('no limit')
  expect(modelsText(['*'])).toBe('all models')
  expect(modelsText([])).toBe('no model')
  expect(modelsText(['a', 'b', 'c'])).toBe('only a, b and c')
  expect(untilText({ expiresAt: 0, untilQuit: true }, 0)).toBe('until Oaklock quits')
  expect(untilText({ expiresAt: 0, untilQuit: false }, 0)).toBe('until you revoke it')
})

const entry = (some: Partial<Entry>): Entry => ({ status: 200, code: '', ...some }) as Entry

test.each([
  [entry({}), 'served', 'Answered'],
  [entry({ status: 429 }), 'failed', 'The provider said no (429)'],
  [entry({ status: 403, code: 'model_denied' }), 'refused', 'Refused: this model was not allowed'],
  [entry({ status: 502, code: 'upstream_unreachable' }), 'failed', 'Failed: the provider was not reached'],
  [entry({ status: 423, code: 'paused' }), 'refused', 'Refused: Oaklock was paused'],
  [entry({ status: 200, code: 'paused' }), 'refused', 'Cut off: Oaklock was paused'],
  [entry({ status: 402, code: 'budget_exhausted' }), 'refused', 'Refused: the limit is used up'],
  [entry({ status: 200, code: 'budget_exhausted' }), 'refused', 'Cut off: it took more than was reserved for it'],
  [entry({ status: 101, code: 'budget_exhausted' }), 'refused', 'Cut off: it came to a limit'],
  [entry({ status: 101, code: 'locked' }), 'refused', 'Cut off: Oaklock was locked'],
  [entry({ status: 101 }), 'served', 'Answered'],
  // All that the proxy's table of refusals calls so: a body that broke off, is malformed, or has a wrong number or model in it.
  [entry({ status: 400, code: 'bad_request' }), 'refused', 'Refused: the request was cut short, or something in it was wrong'],
  [entry({ status: 101, code: 'bad_request' }), 'refused', 'Cut off: a message was cut short, or something in it was wrong'],
  [entry({ status: 200, code: 'slept' }), 'refused', 'Cut off: the machine went to sleep'],
  [entry({ status: 0, code: 'interrupted' }), 'refused', 'Cut off: Oaklock ended without warning'],
  [entry({ status: 403, code: 'some_new_code' }), 'refused', 'Refused: some new code'],
])('what happened', (e, kind, text) => expect(outcome(e)).toEqual({ kind, text }))

test.each([
  [entry({ cost: 2_310, estimated: false, refused: false }), '$0.00231', '$0.00231'],
  [entry({ cost: 81_920, estimated: true, refused: false }), '≤ $0.08192', 'at most $0.08192'],
  [entry({ cost: -1, estimated: false, refused: false }), '?', 'price not known'],
  [entry({ cost: 0, estimated: false, refused: true }), '–', 'nothing'],
  [entry({ cost: 162, estimated: false, refused: true }), '$0.000162', '$0.000162'],
])('what it cost', (e, text, label) => expect([costText(e), costLabel(e)]).toEqual([text, label]))

test('an error speaks with its own words, else with those of its code, and is never silent', () => {
  expect(errorSentence(new DoorError('refused', 'Not this key.'))).toBe('Not this key.')
  expect(errorSentence(new DoorError('locked', ''))).toMatch(/locked/)
  expect(errorSentence(new DoorError('something new', ''))).toMatch(/Something went wrong/)
  expect(errorSentence(doorError({ code: 'bad_input', message: 'Too short.' }))).toBe('Too short.')
  expect(errorSentence(doorError('panic: /home/me'))).not.toMatch(/home/)
})

afterEach(() => speak('en', ['en-GB']))

const sources: Record<Language, string> = { en: enSource, es: esSource }

/** All that a language's file says: whole strings, and templates with a gap where something is put in. */
function sentences(language: Language): string[] {
  const file = ts.createSourceFile('words.ts', sources[language], ts.ScriptTarget.ESNext)
  const said: string[] = []
  const look = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return
    if (ts.isPropertyAssignment(node)) return look(node.initializer) // a name in quotes is no sentence
    if (ts.isElementAccessExpression(node)) return
    if (ts.isStringLiteralLike(node)) said.push(node.text)
    if (ts.isCaseClause(node)) {
      node.statements.forEach(look) // what is told apart is said to nobody
      return
    }
    if (ts.isTemplateExpression(node)) {
      said.push([node.head, ...node.templateSpans.map((s) => s.literal)].map((part) => part.text).join('…'))
      node.templateSpans.forEach((span) => look(span.expression))
      return
    }
    ts.forEachChild(node, look)
  }
  look(file)
  return said.filter((s) => /\p{L}{2}/u.test(s))
}

describe('every language', () => {
  test.each(languages)('%s says enough, and no sentence shouts', (language) => {
    const said = sentences(language)
    expect(said.length).toBeGreaterThan(250)
    expect(said.filter((s) => s.includes('!'))).toEqual([])
  })

  test.each([
    ['en', 'allow by hand'],
    ['es', 'permites a mano'],
  ] as const)('%s says that what is offered is offered by hand, too', (language, byHand) => {
    speak(language, [])
    for (const name of ['default_limit', 'default_days']) {
      expect(settingWords({ name, help: '', default: '' }).help).toContain(byHand)
    }
  })

  test('nothing is left in English', () => {
    // What is the same in both, because it is a name, a sample, or really the same word.
    const same = ['oaklock', 'Oaklock ….', 'English', 'Español', 'Tokens', 'token', 'default', 'en', 'es', 'OpenAI']
    const english = new Set(sentences('en'))
    expect(sentences('es').filter((s) => english.has(s) && !same.includes(s))).toEqual([])
  })

  test('both have the same sections and the same names in them', () => {
    const names = (value: object, path = ''): string[] =>
      Object.entries(value).flatMap(([name, v]) => {
        const at = `${path}.${name}`
        return v && typeof v === 'object' ? names(v as object, at) : [`${at} ${typeof v}`]
      })
    expect(names(inLanguage.es)).toEqual(names(inLanguage.en))
    const blank = (value: unknown): boolean =>
      typeof value === 'string' ? value.trim() === '' : !!value && typeof value === 'object' && Object.values(value).some(blank)
    expect(languages.filter((l) => blank(inLanguage[l]))).toEqual([])
  })

  test('it is chosen by the user, else by the desktop, else English', () => {
    expect(pickLocale('system', ['es-MX', 'en-US'])).toEqual({ language: 'es', tag: 'es-MX' })
    expect(pickLocale('system', ['fr-FR', 'en-US'])).toEqual({ language: 'en', tag: 'en-US' })
    expect(pickLocale('system', ['fr-FR'])).toEqual({ language: 'en', tag: 'en-GB' })
    expect(pickLocale('es', ['en-US'])).toEqual({ language: 'es', tag: 'es' })
    expect(pickLocale('en', ['es-AR'])).toEqual({ language: 'en', tag: 'en-GB' })
    expect(pickLocale('klingon', ['en_US', 'c'])).toEqual({ language: 'en', tag: 'en-GB' })
  })

  test('what is read follows the language at once', () => {
    const s = state({ sites: 1, keys: 2 })
    expect(headline(s)).toBe('Oaklock is on for 1 site, with 2 keys.')
    speak('es', [])
    expect(headline(s)).toBe('Oaklock está activo para 1 sitio, con 2 claves.')
    expect(headline(state({ sites: 2, keys: 1 }))).toBe('Oaklock está activo para 2 sitios, con 1 clave.')
    expect(limitsText(limits({ costDay: 1_000_000 })).replace(/\s/g, ' ')).toBe('1,00 $ al día')
    expect(Object.values(nav)).toContain('Ajustes')
  })
})

test('a setting that this window does not know speaks with the agent’s words', () => {
  expect(settingWords({ name: 'some_new_one', help: 'It helps.', default: '' })).toEqual({
    label: 'some new one',
    help: 'It helps.',
  })
  expect(settingWords({ name: 'constructor', help: 'It helps.', default: '' }).help).toBe('It helps.')
  expect(settingWords({ name: 'port', help: '', default: '' }).label).toBe('Port for pages')
})

test('what end-to-end tests and screen readers look for keeps its name', () => {
  expect([question.allow, question.deny, question.block]).toEqual(['Allow', 'Deny', 'Block'])
  expect(Object.values(nav)).toEqual(['Main', 'Overview', 'Sites', 'Keys', 'Activity', 'Settings'])
  expect(question.promise).toBe('It can ask the models. It cannot see the key, your files, or your account.')
})
