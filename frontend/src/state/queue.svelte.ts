// Which question is shown. At most one at a time, and the one that is shown stays until it is answered, gone, or put off: a new
// one never slides under the pointer.

import type { Question } from '../api'

export class Queue {
  waiting = $state.raw<Question[]>([])
  missed = $state.raw<Question[]>([])
  #shownID = $state<string | null>(null)
  /** Dialogs of the user's own that are open: a question does not come between him and what he is typing. */
  #busy = $state(0)
  #putOff = $state.raw<ReadonlySet<string>>(new Set())

  /** The question on the screen. */
  shown = $derived(this.#find(this.#shownID))
  /** Those that would be asked now, the oldest first. */
  #asking = $derived(this.waiting.filter((q) => !this.#putOff.has(q.id)))
  /** The place of the shown question among those that wait, from 1; 0 when it waits no more. */
  place = $derived(this.#asking.findIndex((q) => q.id === this.#shownID) + 1)
  count = $derived(this.#asking.length)

  /** Whether a dialog is open. */
  get busy(): boolean {
    return this.#busy > 0 || this.shown !== null
  }

  #find(id: string | null): Question | null {
    if (id === null) return null
    return this.waiting.find((q) => q.id === id) ?? this.missed.find((q) => q.id === id) ?? null
  }

  /** Takes what the host says now. A shown question that has become a missed one stays: the user may be reading it. */
  set(waiting: Question[], missed: Question[]): void {
    this.waiting = waiting
    this.missed = missed
    const known = new Set(waiting.map((q) => q.id))
    // One that was put off, timed out and came back is a new request: it may ask again.
    this.#putOff = new Set([...this.#putOff].filter((id) => known.has(id)))
    this.#next()
  }

  /** Puts the question off: it is not answered, and can be opened again from the overview. */
  putOff(id: string): void {
    this.#putOff = new Set([...this.#putOff, id])
    if (this.#shownID === id) this.#shownID = null
    this.#next()
  }

  /** Shows a question that was put off or missed. */
  open(id: string): void {
    this.#putOff = new Set([...this.#putOff].filter((other) => other !== id))
    this.#shownID = id
  }

  /** The question was answered here. */
  answered(id: string): void {
    this.waiting = this.waiting.filter((q) => q.id !== id)
    this.missed = this.missed.filter((q) => q.id !== id)
    this.#next()
  }

  /** The user is in the middle of something, until the returned function is called. */
  hold(): () => void {
    this.#busy++
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#busy--
      this.#next()
    }
  }

  #next(): void {
    if (this.#find(this.#shownID)) return
    if (this.#busy > 0) {
      this.#shownID = null
      return
    }
    this.#shownID = this.waiting.find((q) => !this.#putOff.has(q.id))?.id ?? null
  }
}
