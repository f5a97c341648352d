// The log, one page of it at a time: the agent finds and sorts, so that a log of a hundred thousand lines is as quick as one of ten.

import type { Door, Entry, LogFilter } from '../api'
import { noonBefore, noonOf } from '../costs'
import { Pulled } from './pulled.svelte'

/** How many entries of the log one page holds. */
export const logPage = 100

/** What is wanted of the log; empty fits everything. */
export interface Wanted {
  site: string
  provider: string
  model: string
  /** "served", "refused", "said 4" and "said 5" for what the provider answered, or a code of Oaklock's own. */
  outcome: string
  /** "today", a number of days, or a date such as "2026-11-25". */
  when: string
}

export const everything: Readonly<Wanted> = { site: '', provider: '', model: '', outcome: '', when: '' }

/** The first moment of the day in which this one is. */
const midnight = (at: number) => new Date(at).setHours(0, 0, 0, 0)

/** From when until before when. */
export function spanOf(when: string, now: number): Pick<LogFilter, 'since' | 'until'> {
  if (when === 'today') return { since: midnight(now) }
  if (/^\d+$/.test(when)) return { since: midnight(noonBefore(now, Number(when))) }
  if (!when) return {}
  const noon = noonOf(when)
  return { since: midnight(noon), until: midnight(noonBefore(noon, -1)) }
}

/** What the agent is asked for. */
export function filterOf(wanted: Wanted, now: number): LogFilter {
  const filter: LogFilter = {
    origin: wanted.site,
    provider: wanted.provider,
    model: wanted.model,
    ...spanOf(wanted.when, now),
  }
  const { outcome } = wanted
  if (outcome === 'served' || outcome === 'refused') filter.only = outcome
  else if (outcome.startsWith('said ')) Object.assign(filter, { only: 'served', status: Number(outcome.slice(5)) })
  else filter.code = outcome
  return filter
}

export class Log {
  readonly entries: Pulled<Entry[]>
  wanted = $state.raw<Wanted>(everything)
  /** Which page is shown, from 1 for the newest. */
  page = $state(1)
  /** Whether there are older ones than those on this page. */
  more = $state(false)
  /** Whether another page or choice is on its way. */
  turning = $state(false)
  /** The last entries of the pages before this one. */
  #passed: number[] = []
  narrowed = $derived(Object.values(this.wanted).some((value) => value !== ''))

  constructor(door: Door) {
    this.entries = new Pulled(async () => {
      const passed = this.#passed
      const before = passed.at(-1) ?? 0
      const found = await door.log({ ...filterOf(this.wanted, Date.now()), before, limit: logPage + 1 })
      this.page = passed.length + 1
      this.more = found.length > logPage
      return found.slice(0, logPage)
    })
  }

  /** Shows only what fits, from the newest on. */
  narrow(some: Partial<Wanted>): Promise<void> {
    this.wanted = { ...this.wanted, ...some }
    return this.#turn([])
  }

  /** Turns to the next page, of what is older. */
  async older(): Promise<void> {
    const last = this.entries.value?.at(-1)
    if (last && this.more && !this.turning) await this.#turn([...this.#passed, last.id])
  }

  /** Turns back, to what is newer. */
  async newer(): Promise<void> {
    if (this.#passed.length && !this.turning) await this.#turn(this.#passed.slice(0, -1))
  }

  async #turn(passed: number[]): Promise<void> {
    this.#passed = passed
    this.turning = true
    try {
      await this.entries.load()
    } finally {
      this.turning = false
    }
  }
}
