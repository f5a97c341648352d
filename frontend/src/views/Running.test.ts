import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Running as Answer } from '../api'
import { fakeDoor } from '../api/fake'
import { Oaklock } from '../state/oaklock.svelte'
import Running from './Running.svelte'

let app: ReturnType<typeof mount>
beforeEach(() => vi.useFakeTimers())
afterEach(async () => {
  await unmount(app)
  vi.useRealTimers()
})

/** As many answers under way, each of a site of its own. */
function show(n: number) {
  const running: Answer[] = Array.from({ length: n }, (_, i) => ({
    id: `r${i}`,
    origin: `https://site-${i}.example`,
    provider: 'openai',
    model: i === 3 ? 'gpt-5-mini' : 'gpt-4o',
    endpoint: 'POST /chat/completions',
    started: Date.now(),
    bytesOut: 0,
    cost: 0,
    reserved: 0,
  }))
  app = mount(Running, { target: document.body, props: { oak: new Oaklock(fakeDoor('full')), running } })
  flushSync()
}

const field = () => document.querySelector<HTMLInputElement>('input[type=search]')
const stops = () => [...document.querySelectorAll('button[aria-label]')].map((b) => b.getAttribute('aria-label'))

function find(text: string) {
  const input = field()
  if (!input) throw new Error('there is nothing to look for something with')
  input.value = text
  input.dispatchEvent(new Event('input', { bubbles: true }))
  flushSync()
}

test('a long list can be looked through, by site and by model', () => {
  show(30)
  expect(stops()).toHaveLength(30)
  find('SITE-21.')
  expect(stops()).toEqual(['Stop the request of https://site-21.example'])
  find('gpt-5')
  expect(stops()).toEqual(['Stop the request of https://site-3.example'])
  find('nowhere')
  expect(stops()).toEqual([])
  expect(document.querySelector('[role=status]')?.textContent).toBe('No request fits.')
})

test('a short one needs no search', () => {
  show(8)
  expect(field()).toBeNull()
  expect(stops()).toHaveLength(8)
})
