import { describe, expect, test } from 'vitest'
import type { UsageSum } from './api'
import { fakeDoor } from './api/fake'
import { costsOf, dateOf, noonBefore, noonOf, noSum } from './costs'

const now = new Date(2026, 10, 25, 0, 5).getTime()
const sum = (day: string, some: Partial<UsageSum>): UsageSum => ({
  ...noSum,
  day,
  requests: 1,
  ...some,
})

describe('what the days cost', () => {
  test('every day has its place, also one on which nothing was used', () => {
    const costs = costsOf(
      [
        sum('2026-11-23', { provider: 'a', cost: 3 }),
        sum('2026-11-25', { provider: 'a', cost: 4, requests: 2, estimated: 1 }),
        sum('2026-11-25', { provider: 'b', cost: 50, unpriced: 1 }),
        sum('2026-11-25', { requests: 0, refused: 7 }),
        sum('2026-11-22', { provider: 'a', cost: 1000 }),
      ],
      'provider',
      noonBefore(now, 2),
      now,
    )
    expect(costs.days).toEqual(['2026-11-23', '2026-11-24', '2026-11-25'])
    expect(costs.lines).toEqual([
      { name: 'b', rest: false, days: [0, 0, 50], cost: 50, requests: 1 },
      { name: 'a', rest: false, days: [3, 0, 4], cost: 7, requests: 3 },
    ])
    expect(costs.perDay).toEqual([3, 0, 54])
    expect(costs.total).toMatchObject({ cost: 57, requests: 4, refused: 7, estimated: 1, unpriced: 1 })
  })

  test('those that cost least are one line, and nothing is lost in it', () => {
    const many = Array.from({ length: 9 }, (_, i) => sum('2026-11-25', { model: `m${i}`, cost: 10 * (i + 1) }))
    const { lines, total } = costsOf(many, 'model', now, now, 4)
    expect(lines.map((l) => [l.name, l.rest, l.cost, l.requests])).toEqual([
      ['m8', false, 90, 1],
      ['m7', false, 80, 1],
      ['m6', false, 70, 1],
      ['', true, 210, 6],
    ])
    expect(lines.reduce((all, l) => all + l.cost, 0)).toBe(total.cost)
    expect(lines.at(-1)?.days).toEqual([210])
    expect(costsOf(many.slice(0, 4), 'model', now, now, 4).lines).toHaveLength(4)
  })

  test('a model without a name is a line of its own, and no refusal', () => {
    const { lines } = costsOf([sum('2026-11-25', { cost: 1 }), sum('2026-11-25', { requests: 0, refused: 2 })], 'model', now, now)
    expect(lines.map((l) => [l.name, l.rest, l.requests])).toEqual([['', false, 1]])
  })

  test('what a refused request cost is in its line', () => {
    const { lines, total } = costsOf(
      [sum('2026-11-25', { model: 'm', requests: 0, refused: 1, cost: 9 }), sum('2026-11-25', { requests: 0, refused: 2 })],
      'model',
      now,
      now,
    )
    expect(lines.map((l) => [l.name, l.cost, l.requests])).toEqual([['m', 9, 0]])
    expect([total.cost, total.refused]).toEqual([9, 3])
  })

  test('days are told apart by the clock on the wall', () => {
    expect(dateOf(now)).toBe('2026-11-25')
    expect(dateOf(noonBefore(now, 30))).toBe('2026-10-26')
    expect(dateOf(noonOf('2026-03-29'))).toBe('2026-03-29')
  })
})

// The stand-in tells one story: its log, its sums and what it says of today are the same money.
test('the stand-in door’s log, sums and today agree', async () => {
  const door = fakeDoor('full')
  const filter = { origin: '', provider: '', model: '', since: 0, until: 0 }
  const [state, [all], days] = await Promise.all([
    door.state(),
    door.usage({ ...filter, by: [] }),
    door.usage({ ...filter, by: ['day'] }),
  ])
  let [cost, refused, before] = [0, 0, 0]
  for (;;) {
    const page = await door.log({ before, limit: 1000 })
    for (const e of page) {
      cost += e.refused ? 0 : e.cost
      refused += e.refused ? e.count : 0
    }
    before = page.at(-1)?.id ?? 0
    if (page.length < 1000) break
  }
  expect([cost, refused]).toEqual([all?.cost, all?.refused])
  expect(days.reduce((sum, d) => sum + d.cost, 0)).toBe(cost)
  expect(days.at(-1)).toMatchObject({ day: dateOf(Date.now()), cost: state.today.cost, requests: state.today.requests })
})
