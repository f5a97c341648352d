import { afterEach, expect, test } from 'vitest'
import { speak } from './locale.svelte'
import { systemOf, type System } from './system'
import { find } from './words'

afterEach(() => speak('en', ['en-GB']))

// As the engines of Wails describe themselves: WebKitGTK, WebView2, WKWebView.
const engines: [System, string][] = [
  ['linux', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15'],
  [
    'windows',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
  ],
  ['darwin', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)'],
]

test.each(engines)('%s is told by its engine', (system, userAgent) => expect(systemOf(userAgent)).toBe(system))

test('an engine that says nothing is taken for one on Linux', () => expect(systemOf('')).toBe('linux'))

test.each([
  ['linux', '~/.profile', '~/.profile'],
  ['darwin', '~/.zshrc', '~/.zshrc'],
  ['windows', 'Control Panel', 'Panel de control'],
] as const)('where a variable is set on %s is said in both languages', (system, en, es) => {
  expect(find.staysInEnvironment(system)).toContain(en)
  speak('es', ['es-ES'])
  expect(find.staysInEnvironment(system)).toContain(es)
})
