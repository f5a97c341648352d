// Lists that can grow long are looked through by a field above them, which short ones have not.

import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Running as Answer, Site } from '../api'
import { fakeDoor, type Scene } from '../api/fake'
import { speak } from '../locale.svelte'
import { Oaklock } from '../state/oaklock.svelte'
import Doubts from './Doubts.svelte'
import FindKeys from './FindKeys.svelte'
import Grants from './Grants.svelte'
import Running from './Running.svelte'
import SiteAdd from './SiteAdd.svelte'
import Sites from './Sites.svelte'
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

test('sites are found by their address as it is typed, and by the providers that they may use', async () => {
  const oak = new Oaklock(fakeDoor('many'))
  const host = await Promise.all([oak.door.state(), vi.advanceTimersByTimeAsync(100)]).then(([state]) => state)
  app = mount(Sites, { target: document.body, props: { oak, host } })
  await vi.advanceTimersByTimeAsync(1000)
  flushSync()
  const shown = () => [...document.querySelectorAll('li .origin')].map((o) => o.textContent)
  const [first = ''] = shown()
  find(`${first}/`)
  expect(shown()).toEqual([first])
  find('openai')
  const allowed = (oak.sites.value ?? []).filter(
    (s) => s.grants.some((g) => g.provider === 'openai') && !s.origin.startsWith('app:'),
  )
  expect(allowed.length).toBeGreaterThan(0)
  expect(shown()).toEqual(allowed.map((s) => s.origin))
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

/** As many things that another program has changed. */
async function showDoubts(n: number) {
  const door = fakeDoor('full')
  door.doubts = async () => Array.from({ length: n }, (_, i) => `the permission of https://site-${i}.example for openai`)
  app = mount(Doubts, { target: document.body, props: { oak: new Oaklock(door) } })
  await vi.advanceTimersByTimeAsync(100)
  flushSync()
}
const doubted = (within = 'body') => [...document.querySelectorAll(`${within} li`)].map((li) => li.textContent)

test('what another program has changed can be looked through, and all of it is there to read before it is confirmed', async () => {
  await showDoubts(30)
  expect(doubted()).toHaveLength(30)
  find('SITE-21.')
  expect(doubted()).toEqual(['the permission of https://site-21.example for openai'])
  ;[...document.querySelectorAll('button')].find((b) => b.textContent === 'Confirm…')?.click()
  flushSync()
  expect(doubted('dialog')).toHaveLength(30)
  find('nowhere')
  expect(doubted('.doubts')).toHaveLength(0)
  expect(status()).toBe('No change fits.')
})

test('little that another program has changed needs no search', async () => {
  await showDoubts(8)
  expect(doubted()).toHaveLength(8)
  expect(field()).toBeNull()
})

/** What one site may do, with as many providers. */
async function showGrants(n: number) {
  const door = fakeDoor('full')
  const [site] = await Promise.all([door.sites(), vi.advanceTimersByTimeAsync(100)]).then(([all]) =>
    all.filter((s) => s.grants.length),
  )
  const [grant] = site?.grants ?? []
  if (!site || !grant) throw new Error('no site is allowed anything')
  const grants: Site['grants'] = Array.from({ length: n }, (_, i) => ({ ...grant, provider: `box-${i}`, name: `Box ${i}` }))
  app = mount(Grants, { target: document.body, props: { oak: new Oaklock(door), site: { ...site, grants } } })
  flushSync()
}

test('what a site may do with many providers can be looked through', async () => {
  await showGrants(25)
  expect(named('Revoke')).toHaveLength(25)
  find('Box 21')
  expect(named('Revoke')).toEqual(['Revoke Box 21'])
  find('nowhere')
  expect(named('Revoke')).toEqual([])
  expect(status()).toBe('No provider fits.')
})

test('what it may do with few needs no search', async () => {
  await showGrants(4)
  expect(named('Revoke')).toHaveLength(4)
  expect(field()).toBeNull()
})

/** The providers to choose from for a site that is added by hand. */
async function showChoices(scene: Scene) {
  const door = fakeDoor(scene)
  const oak = new Oaklock(door)
  app = mount(SiteAdd, { target: document.body, props: { oak, onclose: () => undefined } })
  await vi.advanceTimersByTimeAsync(100)
  flushSync()
  return door
}
const choices = () => [...document.querySelectorAll('dialog label:has(input[type=checkbox]:not([role=switch]))')]
const offered = () => choices().map((l) => l.textContent)
function press(name: string) {
  choices()
    .find((l) => l.textContent === name)
    ?.querySelector('input')
    ?.click()
  flushSync()
}

test('providers to choose from can be looked through; what was chosen stays chosen and in sight', async () => {
  const door = await showChoices('many')
  const all = offered().length
  expect(all).toBeGreaterThan(20)
  find('box 17')
  expect(offered()).toEqual(['Box 17'])
  press('Box 17')
  find('mistral')
  expect(offered()).toEqual(['Mistral', 'Box 17'])
  press('Mistral')
  const origin = document.querySelector<HTMLInputElement>('dialog input[placeholder="https://"]')
  if (!origin) throw new Error('no field for the address')
  origin.value = 'https://new.example'
  origin.dispatchEvent(new Event('input', { bubbles: true }))
  document.querySelector('dialog form')?.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }))
  await vi.advanceTimersByTimeAsync(100)
  const [sent] = door.calls.filter((c) => c.name === 'allowSite').map((c) => c.arg as { providers: string[] })
  expect(sent?.providers.toSorted()).toEqual(['box-17', 'mistral'])
})

test('what is pressed does not vanish under the focus, and Enter in the field sends nothing', async () => {
  await showChoices('many')
  find('box 17')
  press('Box 17')
  press('Box 17')
  find('nowhere')
  expect(offered()).toEqual(['Box 17'])
  const enter = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })
  field()?.dispatchEvent(enter)
  expect(enter.defaultPrevented).toBe(true)
})

test('few providers to choose from need no search', async () => {
  await showChoices('full')
  expect(offered().length).toBeLessThan(13)
  expect(field()).toBeNull()
})

test.each([
  ['found keys', () => showFound('many'), 'Buscar entre estas claves'],
  ['stopped sites', () => showStopped('many'), 'Buscar un sitio detenido'],
  ['what another program has changed', () => showDoubts(30), 'Buscar entre estos cambios'],
  ['what a site may do', () => showGrants(25), 'Buscar un proveedor'],
])('the field for %s is named in Spanish too', async (_, show, name) => {
  speak('es', ['es-ES'])
  await show()
  expect(document.querySelector('label')?.textContent).toBe(name)
})
