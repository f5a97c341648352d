// The agent speaks English: its sentences come with few codes, and the command line prints them as they are. Here they are put into
// the window's language. One that is not known, such as a provider's own words, stays as it came.

import { locale, type Language } from '../locale.svelte'
import { agentEs } from './agent.es'
import { innerEs } from './inner.es'

/** Sentences, each with its counterpart; {} stands for what changes. */
type Table = Record<string, string>

/** Whole sentences, and what stands in one or is made into one: why something was refused, and the names of things. */
const known: Record<Exclude<Language, 'en'>, { whole: Table; inner: Table }> = { es: { whole: agentEs, inner: innerEs } }

/** Of each table those with something in them that changes, each with what finds it. */
const patterns = new Map<Table, [RegExp, string][]>()
function patternsOf(table: Table): [RegExp, string][] {
  const made = patterns.get(table)
  if (made) return made
  const all = Object.entries(table)
    .filter(([from]) => from.includes('{}'))
    // Those that say most come first: "it takes a number of days from {}" before "it takes {}".
    .sort(([a], [b]) => b.length - a.length)
    .map(([from, to]): [RegExp, string] => {
      const parts = from.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      return [new RegExp(`^${parts.join('(.+?)')}$`, 'su'), to]
    })
  patterns.set(table, all)
  return all
}

/** A sentence of the agent in the language in force. */
export function agentSays(text: string): string {
  const { language } = locale()
  return language === 'en' ? text : (said(text, language) ?? text)
}

function said(text: string, language: Exclude<Language, 'en'>): string | undefined {
  const { whole, inner } = known[language]
  return from(whole, text, language) ?? from(inner, text, language) ?? asSentence(text, language) ?? caused(text, language)
}

function from(table: Table, text: string, language: Exclude<Language, 'en'>): string | undefined {
  if (Object.hasOwn(table, text)) return table[text]
  for (const [pattern, to] of patternsOf(table)) {
    const found = pattern.exec(text)?.slice(1)
    if (found) return to.replaceAll('{}', () => listed(found.shift() ?? '', language))
  }
  return undefined
}

/** What stands in a sentence may be a sentence of the agent itself, or some names of things one after the other. */
function listed(text: string, language: Exclude<Language, 'en'>): string {
  const one = said(text, language)
  if (one !== undefined || !text.includes(', ')) return one ?? text
  return text
    .split(', ')
    .map((part) => from(known[language].inner, part, language) ?? part)
    .join(', ')
}

/** Go writes why something failed in small letters and without a full stop; the agent gives it both where it stands alone. */
function asSentence(text: string, language: Exclude<Language, 'en'>): string | undefined {
  if (!text.endsWith('.')) return undefined
  const bare = text.slice(0, 1).toLowerCase() + text.slice(1, -1)
  const to = from(known[language].inner, bare, language) ?? caused(bare, language)
  return to && to.slice(0, 1).toUpperCase() + to.slice(1) + '.'
}

/** An error and what caused it, with a colon between them. */
function caused(text: string, language: Exclude<Language, 'en'>): string | undefined {
  const { inner } = known[language]
  const colon = text.indexOf(': ')
  const head = text.slice(0, colon)
  if (colon < 0 || !Object.hasOwn(inner, head)) return undefined
  return `${inner[head]}: ${listed(text.slice(colon + 2), language)}`
}
