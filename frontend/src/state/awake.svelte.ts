// Allow sleeps for a moment whenever what is under the pointer may just have changed: after the question was shown or has
// changed, and after the window got the focus. A click that was meant for something else then hits a button that is off
// (clickjacking by timing: a page gets the user to click twice where Allow will be).

/** Milliseconds. */
export const sleepTime = 700

export class Awake {
  awake = $state(false)
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Falls asleep, or sleeps on, for the whole time from now. */
  sleep(): void {
    this.awake = false
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.awake = true), sleepTime)
  }

  /** Falls asleep and does not wake up by itself. */
  stop(): void {
    this.awake = false
    clearTimeout(this.#timer)
  }

  /** Sleeps now and at every change of the window's focus; returns how to end it. */
  watch(target: Window = window): () => void {
    const sleep = () => this.sleep()
    const shown = () => {
      if (target.document.visibilityState === 'visible') this.sleep()
    }
    target.addEventListener('focus', sleep)
    target.addEventListener('resize', sleep)
    target.document.addEventListener('visibilitychange', shown)
    this.sleep()
    return () => {
      target.removeEventListener('focus', sleep)
      target.removeEventListener('resize', sleep)
      target.document.removeEventListener('visibilitychange', shown)
      this.stop()
    }
  }
}
