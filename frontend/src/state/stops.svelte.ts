// Sites that a limit or the brake has stopped, and whether the user has had them before his eyes: whoever opens the window from a
// notification about one is led to it, and whoever has seen it and went elsewhere is left there.

import type { State } from '../api'

/** What stands under "Stopped until you decide", by what it is about; a limit that refuses again is the same. */
const stopsOf = (s: State): string[] => [
  ...s.paused.map((p) => JSON.stringify(['paused', p.origin, p.at])),
  ...s.overLimit
    .filter((o) => !o.resets || o.resets > Date.now())
    .map((o) => JSON.stringify([o.code, o.origin, o.provider, o.scope, o.credential, o.limit, o.ceiling, o.model, o.resets])),
]

export class Stops {
  #seen = new Set<string>()

  /** The user has the overview before him. */
  saw(s: State): void {
    this.#seen = new Set(stopsOf(s))
  }

  /** Whether there is one that he has not had before him. */
  fresh(s: State): boolean {
    return stopsOf(s).some((stop) => !this.#seen.has(stop))
  }

  /** How many there are. */
  static count(s: State): number {
    return stopsOf(s).length
  }
}
