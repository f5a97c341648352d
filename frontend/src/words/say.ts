// Which sentence is true. The sentences themselves are in en.ts and its counterparts.

import {
  storedClass,
  type App,
  type DoorError,
  type Entry,
  type Grant,
  type Limits,
  type OverLimit,
  type PausedSite,
  type Price,
  type Site,
  type State,
  type Vault,
  type Warning,
} from '../api'
import { count, dollars } from '../format'
import { agentSays } from './agent'
import {
  activity,
  apps,
  errors,
  headlines,
  outcomes,
  outcomeWords,
  prices,
  question,
  setting,
  settings,
  sites,
  states,
  stopped,
  sublines,
  terms,
  vault,
} from './live'

/** A word by a name that comes from outside; undefined where there is none, also for names such as "constructor". */
const named = <T>(words: Record<string, T>, name: string): T | undefined => (Object.hasOwn(words, name) ? words[name] : undefined)

export const errorSentence = (e: DoorError): string => agentSays(e.message) || (named(errors, e.code) ?? errors.failed)

export const warningText = (w: Warning): string => named(question.warnings, w.code) ?? agentSays(w.message)

export const stateName = (state: string): string => named(states, state) ?? state

/** The one true sentence at the top. */
export function headline(s: State): string {
  const trouble = named(headlines.trouble, s.vault.status)
  if (s.state === 'locked') return trouble && s.vault.status !== 'locked' ? headlines.troubled(trouble) : headlines.locked
  if (s.state === 'paused') return headlines.paused
  if (trouble) return headlines.onBut(trouble)
  if (s.keys === 0) return s.unusableKeys > 0 ? headlines.noneUsable(s.unusableKeys) : headlines.noKey
  if (s.sites === 0) return headlines.noSite(s.keys)
  return headlines.on(s.sites, s.keys)
}

/** What follows from the headline. */
export function subline(s: State): string {
  if (s.state === 'paused') return sublines.paused
  if (s.vault.status === 'new') return sublines.new
  if (s.vault.status === 'unavailable' || s.vault.status === 'denied') return agentSays(s.vault.message) || sublines.unavailable
  if (s.state === 'locked' || s.vault.status === 'locked') return sublines.locked
  if (s.keys === 0) return s.unusableKeys > 0 ? sublines.noneUsable : sublines.noKey
  if (s.sites === 0) return sublines.noSite
  return sublines.on
}

export function vaultText(v: Vault): string {
  if (v.status === 'ready' && v.message !== '') return agentSays(v.message)
  if (v.status === 'ready') return v.kind === 'file' ? vault.readyFile : vault.readyKeychain
  if (v.status === 'locked') return v.kind === 'file' ? vault.lockedFile : vault.lockedKeychain
  return agentSays(v.message) || (named({ new: vault.new, unavailable: vault.unavailable, denied: vault.denied }, v.status) ?? '')
}

/** Every ceiling in one phrase. */
export function limitsText(l: Limits): string {
  const ceilings = Object.keys(terms.ceilings) as (keyof Limits)[]
  const all = ceilings.filter((name) => l[name] > 0).map((name) => terms.ceilings[name](l[name]))
  return all.join(', ') || terms.noLimit
}

/** An amount in the unit of a limit: dollars, tokens or requests. */
export const amountOf = (limit: keyof Limits, n: number): string => (limit.startsWith('cost') ? dollars(n) : count(n))

/** A ceiling with its unit and its time, by the agent's name for it. */
export const ceilingText = (limit: string, n: number): string => named(terms.ceilings, limit)?.(n) ?? count(n)

/** Why a limit has stopped a site; what follows after the site's name. */
export function overLimitText(o: OverLimit): string {
  if (o.code === 'price_unknown') return stopped.noPrice(o.name)
  const ceiling = ceilingText(o.limit, o.ceiling)
  if (o.scope === 'key') return stopped.ofKey(ceiling, o.name, o.credential)
  return o.scope === 'all' ? stopped.ofAll(ceiling) : stopped.ofSite(ceiling, o.name)
}

/** Why the brake has paused a site, with the numbers. */
export const pauseReason = (p: PausedSite): string => named(stopped.reasons, p.reason)?.(p.count) ?? agentSays(p.message)

export function modelsText(models: string[]): string {
  if (models.includes('*')) return terms.anyModel
  return models.length ? terms.onlyModels(models) : terms.noModel
}

export function untilText(t: { expiresAt: number; untilQuit: boolean; expired?: boolean }, now: number): string {
  if (t.expired) return t.expiresAt ? terms.endedAt(t.expiresAt, now) : terms.ended
  if (t.untilQuit) return terms.quit
  return t.expiresAt ? terms.until(t.expiresAt, now) : terms.untilRevoked
}

export const siteState = (s: Site, now: number): string =>
  s.state === 'denied' && s.until ? sites.deniedUntil(s.until, now) : (named(sites.states, s.state) ?? s.state)

/** How good a state is, for its colour. */
export const siteKind = (state: string): 'good' | 'calm' | 'warn' | 'bad' =>
  named({ allowed: 'good', paused: 'warn', unproven: 'warn', denied: 'warn', blocked: 'bad' } as const, state) ?? 'calm'

export const appState = (a: App): string => (a.state === 'none' ? apps.none : (named(sites.states, a.state) ?? a.state))

export function siteSummary(s: Site, now: number): string {
  if (s.state === 'paused') return sites.isPaused
  if (s.state === 'unproven') return sites.isUnproven
  if (s.state === 'blocked') return sites.isBlocked
  if (s.state === 'denied') return s.until ? sites.mayAskAfter(s.until, now) : sites.mayNotAsk
  const valid = s.grants.filter((g) => !g.expired && !g.unproven)
  return valid.length ? sites.mayUse(valid.map((g) => g.name)) : sites.hasEnded
}

export const lastUsed = (at: number, now: number): string => (at ? sites.lastUsed(at, now) : sites.neverUsed)

export const grantLine = (g: Grant, now: number): string =>
  [modelsText(g.models), g.classes.includes(storedClass) ? terms.savedToo : '', limitsText(g.limits), untilText(g, now)]
    .filter(Boolean)
    .join(' · ')

export const givenText = (g: Grant, now: number): string =>
  [sites.given(g.givenAt, now), named(sites.givenBy, g.givenBy) ?? ''].filter(Boolean).join(' ')

/** Whether an entry went well, was refused or cut by Oaklock, or failed at the provider. */
export type Outcome = 'served' | 'refused' | 'failed'

const failures = ['upstream_unreachable', 'upstream_invalid', 'upstream_timeout', 'upstream_cut']

export function outcome(e: Entry): { kind: Outcome; text: string } {
  const isSocket = e.status === 101
  const served = isSocket || (e.status >= 200 && e.status < 300)
  if (e.code) {
    // An answer that had begun was not refused any more, but cut off. A WebSocket ends so when its next message comes to a limit, too.
    const cut =
      isSocket && e.code === 'budget_exhausted' ? outcomeWords.cameToLimit : served ? named(outcomeWords.cuts, e.code) : undefined
    const text = cut ?? named(outcomes, e.code) ?? outcomeWords.refused(e.code.replaceAll('_', ' '))
    return { kind: failures.includes(e.code) ? 'failed' : 'refused', text }
  }
  if (served) return { kind: 'served', text: outcomeWords.answered }
  return { kind: 'failed', text: outcomeWords.providerNo(e.status) }
}

/** Every code of Oaklock's own with what it says, in the order of what is said. */
export const outcomeOptions = (): [code: string, text: string][] =>
  Object.keys(outcomes)
    .map((code): [string, string] => [code, outcomes[code as keyof typeof outcomes]])
    .sort((a, b) => a[1].localeCompare(b[1]))

/** What an entry cost, short for a table: mostly nothing where it was refused, and a limit where the provider has not said it. */
export function costText(e: Entry): string {
  if (e.refused && !e.cost) return '–'
  if (e.cost < 0) return '?'
  return (e.estimated ? '≤ ' : '') + dollars(e.cost)
}

/** The same for somebody who hears it. */
export function costLabel(e: Entry): string {
  if (e.refused && !e.cost) return activity.nothing
  if (e.cost < 0) return activity.costUnknown
  return e.estimated ? activity.atMost(e.cost) : dollars(e.cost)
}

export const tokens = (e: Entry): string =>
  e.input < 0 && e.output < 0 ? '–' : `${e.input < 0 ? '?' : count(e.input)} → ${e.output < 0 ? '?' : count(e.output)}`

interface SettingWords {
  label: string
  help: string
  values?: Record<string, string>
  /** Where it takes values beside those. */
  other?: string
}

/** What a setting is called and means. One that this window does not know speaks with the agent's words. */
export function settingWords(s: { name: string; help: string; default: string }): SettingWords {
  const known: SettingWords | undefined = named(setting as Record<string, SettingWords>, s.name)
  return known ?? { label: s.name.replaceAll('_', ' '), help: s.help }
}

/** What a setting's value is called. */
export const settingValue = (words: SettingWords, value: string): string =>
  (words.values && named(words.values, value)) ?? named({ on: settings.on, off: settings.off }, value) ?? value

/** What a model costs beside its input and output. */
export function moreRates(p: Price): string {
  const rates = Object.entries(prices.also) as [keyof typeof prices.also, (rate: string) => string][]
  const all = rates.filter(([name]) => p[name] > 0).map(([name, say]) => say(dollars(p[name])))
  if (p.longAbove > 0) all.push(prices.long(p.longAbove, dollars(p.longInput), dollars(p.longOutput)))
  if (p.note) all.push(p.note)
  return all.join(' · ')
}
