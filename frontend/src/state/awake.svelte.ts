// Allow sleeps for a moment whenever what is under the pointer may just have changed: after the question was shown or has
// changed, and after the window got the focus. A click that was meant for something else then hits a button that is off
// (clickjacking by timing: a page gets the user to click twice where Allow will be). It sleeps on while the window is behind
// another, and while what is decided about is out of sight.

/** Milliseconds. */
export const sleepTime = 700

export class Awake {
  awake = $state(false)
  /** Whether the window is without the focus, so that a click goes into bringing it forward. */
  away = $state(false)
  /** Whether what is decided about is out of sight. */
  unseen = $state(false)
  /** How often it has fallen asleep: what shows the time begins anew with it. */
  naps = $state(0)
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Falls asleep, or sleeps on, for the whole time from now, or from when nothing is in the way any more. */
  sleep(): void {
    this.stop()
    this.naps++
    if (this.away || this.unseen) return
    this.#timer = setTimeout(() => (this.awake = true), sleepTime)
  }

  /** Falls asleep and does not wake up by itself. */
  stop(): void {
    this.awake = false
    clearTimeout(this.#timer)
  }

  #left(): void {
    this.away = true
    this.sleep()
  }

  /** Takes whether what is decided about is in sight. */
  see(seen: boolean): void {
    if (seen === !this.unseen) return
    this.unseen = !seen
    this.sleep()
  }

  /** Sleeps now and at every change of the window's focus; returns how to end it. */
  watch(target: Window = window): () => void {
    const ending = new AbortController()
    const { signal } = ending
    const came = () => {
      this.away = false
      this.sleep()
    }
    // Where no focus is told: whoever presses something here is here. What wakes is the next press, not this one.
    const pressed = () => {
      if (this.away) came()
    }
    target.addEventListener('focus', came, { signal })
    target.addEventListener('blur', () => this.#left(), { signal })
    target.addEventListener('pointerdown', pressed, { signal, capture: true })
    target.addEventListener('keydown', pressed, { signal, capture: true })
    target.addEventListener('resize', () => this.sleep(), { signal })
    const { document } = target
    const shown = () => {
      if (document.visibilityState === 'visible') this.sleep()
    }
    document.addEventListener('visibilitychange', shown, { signal })
    this.away = !document.hasFocus()
    this.sleep()
    return () => {
      ending.abort()
      this.stop()
    }
  }
}
