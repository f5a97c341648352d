// The rates of a price that a user can set, by the names that the agent has for them.

import type { Price } from './api'

/** Those for a million of something, then those for one. */
export const rateNames = [
  'input',
  'output',
  'cachedInput',
  'cacheWrite',
  'audioInput',
  'audioOutput',
  'second',
  'character',
  'image',
  'search',
] as const
export type RateName = (typeof rateNames)[number]

/** The rates of a price that are not those of another one, or of none. */
export function changedRates(price: Price, from: Price | undefined): Record<string, number> {
  const rates: Record<string, number> = {}
  for (const name of rateNames) {
    if (price[name] !== (from?.[name] ?? 0) || (!from && (name === 'input' || name === 'output'))) rates[name] = price[name]
  }
  return rates
}
