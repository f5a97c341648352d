// What was spent: sums of the agent's for the chart, and the names that the log can be narrowed to.

import type { Door, UsageSum } from '../api'
import { costsOf, noonBefore, type Costs, type CostsBy } from '../costs'
import { Pulled } from './pulled.svelte'

/** For how many days back the chart goes; the same as "oaklock usage --since 30d". */
export const spans = ['7', '30', '90'] as const
export type Span = (typeof spans)[number]

interface Answer {
  by: CostsBy
  since: number
  now: number
  sums: UsageSum[]
}

export class Spent {
  readonly sums: Pulled<Answer>
  /** Sites and models that were ever used, the dearest first. */
  readonly names: Pulled<UsageSum[]>
  #by = $state<CostsBy>('site')
  #span = $state<Span>('30')

  constructor(door: Door) {
    const filter = { origin: '', provider: '', model: '' }
    this.sums = new Pulled(async () => {
      const [by, now] = [this.#by, Date.now()]
      const since = noonBefore(now, Number(this.#span))
      return { by, since, now, sums: await door.usage({ ...filter, by: ['day', by], since, until: now }) }
    })
    this.names = new Pulled(() => door.usage({ ...filter, by: ['site', 'model'], since: 0, until: 0 }))
  }

  costs = $derived.by((): (Costs & { by: CostsBy; since: number }) | null => {
    const answer = this.sums.value
    if (!answer) return null
    const { by, since, now, sums } = answer
    return { ...costsOf(sums, by, since, now), by, since }
  })

  get by(): CostsBy {
    return this.#by
  }

  set by(by: CostsBy) {
    this.#by = by
    void this.sums.load()
  }

  get span(): Span {
    return this.#span
  }

  set span(span: Span) {
    this.#span = span
    void this.sums.load()
  }
}
