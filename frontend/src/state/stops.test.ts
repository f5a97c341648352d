import { expect, test } from 'vitest'
import type { OverLimit, PausedSite, State } from '../api'
import { Stops } from './stops.svelte'

const over = (some: Partial<OverLimit>): OverLimit =>
  ({
    code: 'budget_exhausted',
    origin: 'https://a.example',
    provider: 'p',
    limit: 'costDay',
    ceiling: 1,
    at: 1,
    ...some,
  }) as OverLimit
const state = (overLimit: OverLimit[], paused: Partial<PausedSite>[] = []): State =>
  ({ overLimit, paused: paused as PausedSite[] }) as State

test('what was seen is not new because it happened again, and what comes after it is', () => {
  const stops = new Stops()
  expect(stops.fresh(state([]))).toBe(false)
  expect(stops.fresh(state([over({})]))).toBe(true)
  stops.saw(state([over({})]))
  expect(stops.fresh(state([over({ at: 2, used: 5, need: 7 })]))).toBe(false)
  expect(stops.fresh(state([over({ ceiling: 2 })]))).toBe(true) // it was raised, and was reached anew
  expect(stops.fresh(state([over({}), over({ origin: 'https://b.example' })]))).toBe(true)
  expect(stops.fresh(state([over({})], [{ origin: 'https://c.example', at: 1 }]))).toBe(true)
  stops.saw(state([], [{ origin: 'https://c.example', at: 1 }]))
  expect(stops.fresh(state([], [{ origin: 'https://c.example', at: 2 }]))).toBe(true)
})

test('what the end of a period has made right is gone', () => {
  const s = state([over({ resets: Date.now() - 1 }), over({ resets: Date.now() + 60_000, limit: 'costWeek' })])
  expect(Stops.count(s)).toBe(1)
})
