// One clock for everything that counts: waiting times, "5 min ago". It ticks only while somebody looks at it.

import { createSubscriber } from 'svelte/reactivity'

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1000)
  return () => clearInterval(timer)
})

/** The time in milliseconds; read in a view, it makes the view follow once a second. */
export function now(): number {
  subscribe()
  return Date.now()
}
