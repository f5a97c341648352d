import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fakeDoor } from '../api/fake'
import { Oaklock } from '../state/oaklock.svelte'
import AppAdd from './AppAdd.svelte'
import SiteAdd from './SiteAdd.svelte'

let app: ReturnType<typeof mount>
beforeEach(() => vi.useFakeTimers())
afterEach(async () => {
  await unmount(app)
  vi.useRealTimers()
})

const chosen = () =>
  [...document.querySelectorAll<HTMLSelectElement>('dialog select')].map((s) => s.selectedOptions[0]?.textContent)

test.each([
  ['a site', SiteAdd],
  ['an app', AppAdd],
])('%s that is added by hand begins with what the settings let a question offer', async (_, Form) => {
  const door = fakeDoor('full')
  const oak = new Oaklock(door)
  const follow = oak.follow()
  await vi.advanceTimersByTimeAsync(50)
  for (const [name, value] of [
    ['default_limit', '0.29/day'],
    ['default_days', '30'],
  ] as const) {
    void door.setSetting(name, value)
  }
  await vi.advanceTimersByTimeAsync(1000)
  app = mount(Form, { target: document.body, props: { oak, endpoint: 'http://127.0.0.1:6255', onclose: () => undefined } })
  flushSync()
  expect(chosen()).toEqual(['All', '$0.29 a day', '30 days'])

  await vi.advanceTimersByTimeAsync(1000)
  flushSync()
  const labels = () => [...document.querySelectorAll('dialog label')].map((l) => l.textContent)
  const [one, two] = document.querySelectorAll<HTMLInputElement>('dialog input[type=checkbox]')
  one?.click()
  flushSync()
  expect(labels()).toContain('Limit')
  two?.click()
  flushSync()
  expect(labels()).toContain('Limit for each provider')
  follow()
})
