import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { speak } from './locale.svelte'
import {
  ago,
  amountField,
  amountOrNothing,
  and,
  bytes,
  count,
  dollars,
  duration,
  millionths,
  moment,
  pagesWords,
  plurals,
  splitOrigin,
  took,
  withoutUsualPort,
} from './format'

describe('splitOrigin', () => {
  const cases: [origin: string, site: string, scheme: string, before: string, emphasised: string, port: string][] = [
    ['https://research.acorns.example', 'acorns.example', 'https://', 'research.', 'acorns.example', ''],
    ['https://acorns.example', 'acorns.example', 'https://', '', 'acorns.example', ''],
    ['https://a.acorns.example:8443', 'acorns.example', 'https://', 'a.', 'acorns.example', ':8443'],
    ['http://localhost:5173', 'localhost', 'http://', '', 'localhost', ':5173'],
    ['http://[::1]:5173', '[::1]', 'http://', '', '[::1]', ':5173'],
    ['http://[::1]', '[::1]', 'http://', '', '[::1]', ''],
    // Not the end of the host, or not at a dot: nothing is emphasised rather than the wrong thing.
    ['https://acorns.example.evil.test', 'acorns.example', 'https://', 'acorns.example.evil.test', '', ''],
    ['https://notacorns.example', 'acorns.example', 'https://', 'notacorns.example', '', ''],
    ['https://acorns.example', '', 'https://', 'acorns.example', '', ''],
    ['https://xn--80ak6aa92e.example', 'xn--80ak6aa92e.example', 'https://', '', 'xn--80ak6aa92e.example', ''],
    ['moz-extension://0a1b2c', '0a1b2c', 'moz-extension://', '', '0a1b2c', ''],
  ]
  test.each(cases)('%s of %s', (origin, site, scheme, before, emphasised, port) => {
    expect(splitOrigin(origin, site)).toEqual({ scheme, before, site: emphasised, port })
    expect(scheme + before + emphasised + port).toBe(origin)
  })
})

describe('pagesWords', () => {
  test.each([
    ['gpt-4o-mini', 'gpt-4o-mini'],
    ['two\nlines', 'two\\u{a}lines'],
    ['turned\u202eback', 'turned\\u{202e}back'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['half \ud83d pair', 'half \\u{d83d} pair'],
    ['<b>bold</b>', '<b>bold</b>'],
    ['modèle français', 'modèle français'],
  ])('%j reads %j', (text, read) => expect(pagesWords(text)).toBe(read))

  test('is cut where a glance ends, by characters and not by halves of them', () => {
    const long = pagesWords('🌰'.repeat(200))
    expect([...long]).toHaveLength(80)
    expect(long.endsWith('🌰…')).toBe(true)
  })
})

describe('money', () => {
  test.each([
    [1_000_000, '$1.00'],
    [250_000, '$0.25'],
    [1_234_560_000, '$1,234.56'],
    [1_500, '$0.0015'],
  ])('%d is %s', (amount, text) => expect(dollars(amount)).toBe(text))

  test.each([
    ['1', 1_000_000],
    ['$0.50', 500_000],
    [' 2.5 ', 2_500_000],
    ['1,000', 1_000_000_000],
    ['0.1', 100_000],
    ['1,00', 1_000_000], // two digits are cents, whichever mark stands before them
    ['12 000', 12_000_000_000],
  ])('%j typed is %d', (typed, amount) => expect(millionths(typed)).toBe(amount))

  test.each(['', '0', '-1', '1e9', 'all', '0.0000001', '1,00,0', '99999999', '1.2.3', 'NaN'])(
    '%j typed is no amount',
    (typed) => {
      expect(millionths(typed)).toBeNaN()
    },
  )
})

describe('time', () => {
  test.each([
    [900, '0 s'],
    [12_400, '12 s'],
    [75_000, '1 min 15 s'],
    [12 * 60_000, '12 min'],
    [3 * 3_600_000 + 5 * 60_000, '3 h 5 min'],
    [50 * 3_600_000, '2 days'],
    [-5000, '0 s'],
  ])('%d ms last %s', (millis, text) => expect(duration(millis)).toBe(text))

  const noon = new Date(2026, 4, 20, 12, 0, 0).getTime()
  test.each([
    [noon - 3_600_000, '11:00'],
    [new Date(2026, 1, 3, 14, 5).getTime(), '3 Feb, 14:05'],
    [new Date(2025, 1, 3, 14, 5).getTime(), '3 Feb 2025'],
  ])('a moment', (at, text) => expect(moment(at, noon)).toBe(text))

  test.each([
    [noon - 20_000, 'just now'],
    [noon - 5 * 60_000, '5 min ago'],
    [noon - 3 * 3_600_000, '3 hr ago'],
    [noon - 24 * 3_600_000, '19 May, 12:00'],
  ])('how long ago', (at, text) => expect(ago(at, noon, 'just now')).toBe(text))
})

test('an endpoint without the port that its scheme means', () => {
  expect(withoutUsualPort('https://api.example:443')).toBe('https://api.example')
  expect(withoutUsualPort('http://127.0.0.1:80')).toBe('http://127.0.0.1')
  expect(withoutUsualPort('http://127.0.0.1:443')).toBe('http://127.0.0.1:443')
  expect(withoutUsualPort('https://[::1]:8443')).toBe('https://[::1]:8443')
})

test('sizes', () => {
  expect([bytes(12), bytes(1234), bytes(18_420), bytes(2_500_000)]).toEqual(['12 B', '1.2 kB', '18 kB', '2.5 MB'])
  expect([took(12), took(2140)]).toEqual(['12 ms', '2.1 s'])
})

describe('in Spanish', () => {
  beforeEach(() => speak('es', ['es-ES']))
  afterEach(() => speak('en', ['en-GB']))

  test('money, numbers, lists and plurals', () => {
    expect(dollars(1_000_000).replace(/\s/, ' ')).toBe('1,00 $')
    expect(count(214_380)).toBe('214.380')
    expect(and(['a', 'b', 'c'])).toBe('a, b y c')
    expect([1, 2, 1_000_000].map((n) => plurals('es', n, 'clave', 'claves'))).toEqual([
      '1 clave',
      '2 claves',
      '1.000.000 de claves',
    ])
    expect(duration(50 * 3_600_000)).toBe('2 días')
    expect(took(2140)).toBe('2,1 s')
  })

  test.each([
    ['2,50', 2_500_000],
    ['2.50', 2_500_000],
    ['1.000', 1_000_000_000],
    ['1,234', 1_234_000],
    ['0,5 $', 500_000],
    ['1.000,25', 1_000_250_000],
  ])('%j typed is %d', (typed, amount) => expect(millionths(typed)).toBe(amount))
})

test('an amount in a field is read again as it was', () => {
  for (const amount of [0, 75_000, 1_250_000, 10_000_000, 1]) expect(amountOrNothing(amountField(amount))).toBe(amount)
  speak('es', [])
  expect(amountField(75_000)).toBe('0,075')
  for (const amount of [0, 75_000, 1_250_000, 10_000_000]) expect(amountOrNothing(amountField(amount))).toBe(amount)
  expect(amountOrNothing('')).toBeNaN()
  expect(amountOrNothing('-1')).toBeNaN()
})
