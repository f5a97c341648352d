import { flushSync } from 'svelte'
import { afterEach, expect, test } from 'vitest'
import { fakeDoor } from '../api/fake'
import { locale, speak } from '../locale.svelte'
import { Language } from './language.svelte'
import { Oaklock } from './oaklock.svelte'

afterEach(() => speak('en', ['en-GB']))

test.each([
  ['es', 'es'],
  ['en', 'en'],
  ['', 'en'], // then it is the web view's
])('the desktop says "%s"', async (desktop, spoken) => {
  const door = fakeDoor('full')
  const language = new Language(new Oaklock({ ...door, systemLanguage: () => Promise.resolve(desktop) }))
  await Promise.resolve()
  await Promise.resolve()
  language.apply()
  flushSync()
  expect(locale().language).toBe(spoken)
  expect(document.documentElement.lang).toBe(spoken)
})

test('what the user has chosen counts more than what the desktop says', async () => {
  const door = fakeDoor('full')
  const language = new Language(new Oaklock({ ...door, systemLanguage: () => Promise.resolve('es') }))
  await language.choose('en')
  language.apply()
  expect(locale().language).toBe('en')
})
