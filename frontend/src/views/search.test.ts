// Lists that can grow long are looked through by a field above them, which short ones have not.

import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Running as Answer } from '../api'
import { fakeDoor, type Scene } from '../api/fake'
import { speak } from '../locale.svelte'
import { Oaklock } from '../state/oaklock.svelte'
import FindKeys from './FindKeys.svelte'
import Running from './Running.svelte'
import Stopped from './Stopped.svelte'

let app: ReturnType<typeof mount>
beforeEach(() => vi.useFakeTimers())
afterEach(async () => {
  await unmount(app)
  vi.useRealTimers()
  speak('en', ['en-GB'])
})

const field = () => document.querySelector<HTMLInputElement>('input[type=search]')
const status = () => document.querySelector('[role=status]')?.textContent
const named = (begins: string) =>
  [...document.querySelectorAll('button[aria-label]')]
    .map((b) => b.getAttribute('aria-label') ?? '')
    .filter((name) => name.startsWith(begins))

function find(text: string) {
  const input = field()
  if (!input) throw new Error('there is nothing to look for something with')
  input.value = text
  input.dispatchEvent(new Event('input', { bubbles: true }))
  flushSync()
}

/** As many answers under way, each of a site of its own. */
function showRunning(n: number) {
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

test('what runs can be looked through, by site and by model', () => {
  showRunning(30)
  expect(named('Stop')).toHaveLength(30)
  find('SITE-21.')
  expect(named('Stop')).toEqual(['Stop the request of https://site-21.example'])
  find('gpt-5')
  expect(named('Stop')).toEqual(['Stop the request of https://site-3.example'])
  find('nowhere')
  expect(named('Stop')).toEqual([])
  expect(status()).toBe('No request fits.')
})

test('little that runs needs no search', () => {
  showRunning(8)
  expect(field()).toBeNull()
  expect(named('Stop')).toHaveLength(8)
})

/** The sites that are stopped in a scene, and one that ran away. */
async function showStopped(scene: Scene) {
  const door = fakeDoor(scene)
  const host = await Promise.all([door.state(), vi.advanceTimersByTimeAsync(100)]).then(([state]) => state)
  const paused = await Promise.all([fakeDoor('stopped').state(), vi.advanceTimersByTimeAsync(100)]).then(([s]) => s.paused)
  app = mount(Stopped, { target: document.body, props: { oak: new Oaklock(door), host: { ...host, paused } } })
  flushSync()
}

test('stopped sites can be looked through, by site, provider, model and key', async () => {
  await showStopped('many')
  expect(named('Raise')).toHaveLength(29)
  find('app-21.')
  expect(named('Raise')).toEqual(['Raise to $2.00 a day the limit that stopped https://app-21.tools.example'])
  expect(named('Let')).toEqual([])
  find('Anthropic')
  expect(named('Raise')).toEqual(['Raise to $40.00 a month the limit that stopped https://board.kaiban.example'])
  find('next-preview')
  expect(named('Set its price')).toHaveLength(1)
  find('swarm')
  expect(named('Raise')).toEqual([])
  expect(named('Block')).toHaveLength(1)
  find('nowhere')
  expect(document.querySelectorAll('li')).toHaveLength(0)
  expect(status()).toBe('No site fits.')
})

test('few stopped sites need no search', async () => {
  await showStopped('stopped')
  expect(named('Raise')).toHaveLength(3)
  expect(field()).toBeNull()
})

/** What lies in a .env file of a scene. */
async function showFound(scene: Scene) {
  app = mount(FindKeys, { target: document.body, props: { oak: new Oaklock(fakeDoor(scene)) } })
  flushSync()
  await look()
}

async function look() {
  const [, file] = document.querySelectorAll('button')
  file?.click()
  await vi.advanceTimersByTimeAsync(100)
  flushSync()
}

test('found keys can be looked through, by provider, variable and end, and another file begins anew', async () => {
  await showFound('many')
  expect(named('Take')).toHaveLength(21)
  find('box_12_')
  expect(named('Take')).toEqual(['Take into Oaklock: the Box 12 key that ends in k012'])
  find('K017')
  expect(named('Take')).toEqual(['Take into Oaklock: the Box 17 key that ends in k017'])
  find('openai')
  expect(named('Take')).toEqual(['Take into Oaklock: the OpenAI key that ends in v8Zk'])
  find('nowhere')
  expect(document.querySelectorAll('ul')).toHaveLength(0)
  expect(status()).toBe('No key fits.')
  await look()
  expect(field()?.value).toBe('')
  expect(named('Take')).toHaveLength(21)
})

test('few found keys need no search', async () => {
  await showFound('full')
  expect(named('Take')).toHaveLength(1)
  expect(field()).toBeNull()
})

test.each([
  ['found keys', () => showFound('many'), 'Buscar entre estas claves'],
  ['stopped sites', () => showStopped('many'), 'Buscar un sitio detenido'],
])('the field for %s is named in Spanish too', async (_, show, name) => {
  speak('es', ['es-ES'])
  await show()
  expect(document.querySelector('label')?.textContent).toBe(name)
})
