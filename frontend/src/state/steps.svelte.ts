// How far the first steps have come. The agent keeps it as the setting "first_steps", so that a window that was closed in the
// middle goes on where it was.

import type { State } from '../api'
import type { Oaklock } from './oaklock.svelte'

export const steps = ['hello', 'key', 'try', 'login'] as const
export type Step = (typeof steps)[number]

export class FirstSteps {
  #oak: Oaklock
  /** What this window has just chosen, until the agent says the same; also where it could not be saved. */
  #own = $state.raw<Step | 'done' | null>(null)

  constructor(oak: Oaklock) {
    this.#oak = oak
  }

  #saved = $derived.by((): Step | 'done' | null => {
    const value = this.#oak.settings.value?.find((s) => s.name === 'first_steps')?.value
    if (value === undefined) return null
    return value === 'done' ? 'done' : (steps[Number(value) - 1] ?? 'done')
  })

  /** The step to show, or null. Whoever has keys or sites already has found out by himself, and is not stopped at the door. */
  shown = $derived.by((): Step | null => {
    const host: State | null = this.#oak.state.value
    const at = this.#own ?? this.#saved
    if (at === null || at === 'done' || host === null) return null
    if (this.#own === null && at === 'hello' && (host.keys + host.unusableKeys > 0 || host.sites > 0)) return null
    return at
  })

  /** Goes to a step, or ends the first steps. */
  async go(to: Step | 'done'): Promise<void> {
    const leaves = this.shown === 'try'
    this.#own = to
    const value = to === 'done' ? 'done' : String(steps.indexOf(to) + 1)
    const error = await this.#oak.attempt(this.#oak.door.setSetting('first_steps', value))
    // A step that could not be saved is no reason to stand still: it is only asked again next time.
    if (error?.code === 'agent_gone') return
    if (leaves) await this.#oak.act(this.#oak.door.stopDemo())
  }
}
