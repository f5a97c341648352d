// The agent speaks English: its sentences come with few codes, and the command line prints them as they are. Here they are put into
// the window's language. One that is not known, such as a provider's own words, stays as it came.

import { locale, type Language } from '../locale.svelte'
import { agentEs } from './agent.es'

const known: Record<Exclude<Language, 'en'>, Record<string, string>> = { es: agentEs }

/** The sentences with something in them that changes, each with what finds it. */
const patterns = new Map<string, [RegExp, string][]>()
function patternsOf(language: Exclude<Language, 'en'>): [RegExp, string][] {
  const made = patterns.get(language)
  if (made) return made
  const all = Object.entries(known[language])
    .filter(([from]) => from.includes('{}'))
    .map(([from, to]): [RegExp, string] => {
      const parts = from.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      return [new RegExp(`^${parts.join('(.+?)')}$`, 'su'), to]
    })
  patterns.set(language, all)
  return all
}

/** A sentence of the agent in the language in force. */
export function agentSays(text: string): string {
  const { language } = locale()
  if (language === 'en') return text
  if (Object.hasOwn(known[language], text)) return known[language][text] ?? text
  for (const [from, to] of patternsOf(language)) {
    const found = from.exec(text)?.slice(1)
    // What stands in it may be a sentence of the agent itself.
    if (found) return to.replaceAll('{}', () => agentSays(found.shift() ?? ''))
  }
  return text
}
