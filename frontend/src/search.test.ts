import { expect, test } from 'vitest'
import { fits } from './search'

test.each([
  'münchen.example',
  'bücher.example',
  'ελλάδα.example',
  '日本語.example',
  'пример.испытание',
  'a-ü.example',
  '💡.example',
  'ünïcödé-ñame.example',
])('%s is found by its own letters, and by some of them', (host) => {
  const origin = new URL(`https://${host}`).origin
  expect(origin).toContain('xn--')
  for (const typed of [
    host,
    ` ${host.toUpperCase()} `,
    host.normalize('NFD'),
    `https://${host}/`,
    [...host].slice(0, 3).join(''),
    origin,
  ])
    expect(fits(typed, origin), typed).toBe(true)
  expect(fits('ö-', origin)).toBe(false)
})

test('an address is found as an address bar has it', () => {
  for (const typed of ['https://two.example/', 'https://two.example/a/b?c=/d', 'two.example/', 'TWO', '', ' '])
    expect(fits(typed, 'https://two.example', 'OpenAI'), typed).toBe(true)
  for (const typed of ['https://two.example.org/', 'http://two.example/', 'two.example/a'])
    expect(fits(typed, 'https://two.example', 'OpenAI'), typed).toBe(false)
})

test('what stands for no letters is found as it is', () => {
  for (const host of ['xn--', 'xn---', 'xn--a', 'xn--99999999', 'xn--zzzzzzzzzzzzzzzzzzzzzzzzzz', 'xn--a-ü'])
    expect(fits(host, `https://${host}.example`), host).toBe(true)
})
