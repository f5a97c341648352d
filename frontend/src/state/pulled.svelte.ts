// A value that is pulled from the host: loaded when somebody looks at it, and again whenever the host says "look again".

import { doorError, type DoorError } from '../api'

export class Pulled<T> {
  value = $state.raw<T | null>(null)
  error = $state.raw<DoorError | null>(null)
  #pull: () => Promise<T>
  #users = 0
  #running: Promise<void> | null = null
  #again = false

  constructor(pull: () => Promise<T>) {
    this.#pull = pull
  }

  /** Pulls. Calls while one is under way lead to one more after it, so that the last answer is never older than the last call. */
  load(): Promise<void> {
    if (this.#running) {
      this.#again = true
      return this.#running
    }
    this.#running = this.#run().finally(() => (this.#running = null))
    return this.#running
  }

  async #run(): Promise<void> {
    do {
      this.#again = false
      try {
        this.value = await this.#pull()
        this.error = null
      } catch (reason) {
        this.error = doorError(reason)
      }
    } while (this.#again)
  }

  /** For an effect: keeps the value fresh until the returned function is called. */
  use(): () => void {
    this.#users++
    void this.load()
    return () => {
      this.#users--
    }
  }

  /** Pulls if anybody looks. */
  look(): void {
    if (this.#users > 0) void this.load()
  }
}
