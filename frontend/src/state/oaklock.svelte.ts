// What the interface knows, all of it pulled through the door. Views get this one object.

import { doorError, type Door, type DoorError, type Entry, type LogFilter, type State } from '../api'
import { errorSentence } from '../words'
import { Pulled } from './pulled.svelte'
import { Queue } from './queue.svelte'

/** How many entries of the log one page holds. */
export const logPage = 100

/** A short word to the user: that something was done, or why not. */
export interface Says {
  kind: 'done' | 'error'
  text: string
  /** Takes back what was done. */
  undo?: () => Promise<unknown>
  undone?: string
}

/** How long a word stays, in milliseconds; longer where it offers to take something back. */
const glance = 6000
const timeToUndo = 10_000

export class Oaklock {
  readonly door: Door
  readonly state: Pulled<State>
  readonly sites
  readonly apps
  readonly doubts
  readonly keys
  readonly providers
  readonly prices
  readonly settings
  readonly log: Log
  readonly queue = new Queue()
  says = $state.raw<Says | null>(null)
  #quiet: ReturnType<typeof setTimeout> | undefined

  constructor(door: Door) {
    this.door = door
    this.state = new Pulled(async () => {
      const state = await door.state()
      this.queue.set(state.questions, state.missed)
      return state
    })
    this.sites = new Pulled(() => door.sites())
    this.apps = new Pulled(() => door.apps())
    this.doubts = new Pulled(() => door.doubts())
    this.keys = new Pulled(() => door.keys())
    this.providers = new Pulled(() => door.providers())
    this.prices = new Pulled(() => door.prices())
    this.settings = new Pulled(() => door.settings())
    this.log = new Log(door)
  }

  /** "gone" while nobody answers: then nothing that was pulled before may be shown as true. */
  phase = $derived.by((): 'loading' | 'gone' | 'failed' | 'ready' => {
    const error = this.state.error
    if (error?.code === 'agent_gone') return 'gone'
    // Theme, language and the first steps are settings: without them the first picture would be the wrong one.
    if (this.state.value) return this.settings.value || this.settings.error ? 'ready' : 'loading'
    return error ? 'failed' : 'loading'
  })

  /** Begins to follow the host; returns how to end it. */
  follow(): () => void {
    const end = this.door.onLook(() => this.look())
    void this.state.load()
    return end
  }

  /** Pulls everything that is looked at. */
  look(): void {
    void this.state.load()
    const looked = [this.sites, this.apps, this.doubts, this.keys, this.providers, this.prices, this.settings, this.log.entries]
    for (const pulled of looked) pulled.look()
  }

  /** Does something through the door and says how it went. Answers whether it was done. */
  async act(what: Promise<unknown>, done?: string, back?: Pick<Says, 'undo' | 'undone'>): Promise<boolean> {
    const error = await this.attempt(what)
    if (error) this.say('error', errorSentence(error))
    else if (done) this.say('done', done, back)
    return !error
  }

  /** Takes back what the last word offers to. */
  async undo(): Promise<void> {
    const { undo, undone } = this.says ?? {}
    if (!undo) return
    this.hush()
    await this.act(undo(), undone)
  }

  /** Does something through the door, for a view that shows the error itself. */
  async attempt(what: Promise<unknown>): Promise<DoorError | null> {
    try {
      await what
      return null
    } catch (reason) {
      return doorError(reason)
    } finally {
      this.look()
    }
  }

  /** Says something for a while; an error stays until it is dismissed. */
  say(kind: Says['kind'], text: string, back: Pick<Says, 'undo' | 'undone'> = {}): void {
    this.says = { kind, text, ...back }
    this.holdWord(false)
  }

  /** Keeps the word while somebody is at it; its time begins anew afterwards. */
  holdWord(held: boolean): void {
    clearTimeout(this.#quiet)
    if (held || this.says?.kind !== 'done') return
    this.#quiet = setTimeout(() => this.hush(), this.says.undo ? timeToUndo : glance)
  }

  hush(): void {
    clearTimeout(this.#quiet)
    this.says = null
  }
}

/** The log as far as it was opened. */
export class Log {
  readonly entries: Pulled<Entry[]>
  site = $state('')
  provider = $state('')
  /** Whether there may be older ones than those shown. */
  more = $state(false)
  /** Whether older ones are being pulled. */
  opening = $state(false)
  #wanted = logPage

  constructor(door: Door) {
    this.entries = new Pulled(async () => {
      const filter = this.#filter()
      const wanted = this.#wanted
      // The door gives a thousand at most, so what was opened beyond that is pulled page by page.
      const all: Entry[] = []
      while (all.length < wanted) {
        const limit = Math.min(1000, wanted - all.length)
        const page = await door.log({ ...filter, before: all.at(-1)?.id ?? 0, limit })
        all.push(...page)
        if (page.length < limit) break
      }
      this.more = all.length >= wanted
      return all
    })
  }

  #filter(): Pick<LogFilter, 'origin' | 'provider'> {
    return { origin: this.site, provider: this.provider }
  }

  /** Shows only what fits, from the newest on; empty fits all. */
  async narrow(site: string, provider: string): Promise<void> {
    this.site = site
    this.provider = provider
    this.#wanted = logPage
    await this.entries.load()
  }

  /** Opens one more page. */
  async older(): Promise<void> {
    this.#wanted += logPage
    this.opening = true
    try {
      await this.entries.load()
    } finally {
      this.opening = false
    }
  }
}
