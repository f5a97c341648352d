// What the interface knows, all of it pulled through the door. Views get this one object.

import { doorError, type Door, type DoorError, type State } from '../api'
import { agentSays, errorSentence } from '../words'
import { Log } from './log.svelte'
import { Pulled } from './pulled.svelte'
import { Queue } from './queue.svelte'
import { Spent } from './spent.svelte'

/** A short word to the user: that something was done, or why not. */
export interface Says {
  kind: 'done' | 'error'
  text: string
  /** Takes back what was done. */
  undo?: () => Promise<unknown>
  undone?: string
  /** Taking it back gives a site something, which may be in force and not saved. */
  gives?: boolean
}

/** The way back from what was done. */
type Back = Pick<Says, 'undo' | 'undone' | 'gives'>

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
  readonly spent: Spent
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
    this.spent = new Spent(door)
  }

  /** "gone" while nobody answers: then nothing that was pulled before may be shown as true. */
  phase = $derived.by((): 'loading' | 'gone' | 'failed' | 'ready' => {
    const error = this.state.error
    if (error?.code === 'agent_gone') return 'gone'
    // Theme, language and the first steps are settings: without them the first picture would be the wrong one.
    if (this.state.value) return this.settings.value || this.settings.error ? 'ready' : 'loading'
    return error ? 'failed' : 'loading'
  })

  /** Begins to follow the host; returns how to end it. Theme and language are settings, so settings are always looked at. */
  follow(): () => void {
    const end = this.door.onLook(() => this.look())
    void this.state.load()
    const leave = this.settings.use()
    return () => {
      end()
      leave()
    }
  }

  /** Pulls everything that is looked at. */
  look(): void {
    void this.state.load()
    const looked = [this.sites, this.apps, this.doubts, this.keys, this.providers, this.prices, this.settings]
    for (const pulled of [...looked, this.log.entries, this.spent.sums, this.spent.names]) pulled.look()
  }

  /** Does something through the door and says how it went. Answers whether it was done. */
  async act(what: Promise<unknown>, done?: string, back?: Back): Promise<boolean> {
    const error = await this.attempt(what)
    if (error) this.say('error', errorSentence(error))
    else if (done) this.say('done', done, back)
    return !error
  }

  /** Says that something was given, and where it could not be saved that it holds until Oaklock quits only: that is no error of the call. */
  async gave(done: string, back?: Back): Promise<void> {
    await this.state.load()
    const unsaved = this.state.value?.problems.find((p) => p.code === 'not_saved')
    if (unsaved) this.say('error', `${agentSays(unsaved.message)} ${agentSays(unsaved.fix)}`)
    else this.say('done', done, back)
  }

  /** Takes back what the last word offers to. */
  async undo(): Promise<void> {
    const { undo, undone, gives } = this.says ?? {}
    if (!undo) return
    this.hush()
    if (!gives || !undone) await this.act(undo(), undone)
    else if (await this.act(undo())) await this.gave(undone)
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
  say(kind: Says['kind'], text: string, back: Back = {}): void {
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
