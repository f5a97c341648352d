// Which language the interface speaks, and how it writes numbers and dates. One place, because every sentence depends on it.

export const languages = ['en', 'es'] as const
export type Language = (typeof languages)[number]

/** What a person can choose; "system" follows the desktop. */
export type LanguageChoice = Language | 'system'

export interface Locale {
  language: Language
  /** A tag for Intl, such as "en-GB": the region of the desktop where its language is the one spoken. */
  tag: string
}

const knows = (tag: string, language: Language): boolean => tag.toLowerCase().split('-')[0] === language

/** The locale for a choice on a desktop that prefers these languages, the best first. */
export function pickLocale(choice: string, preferred: readonly string[]): Locale {
  const system = preferred.flatMap((tag) => languages.filter((l) => knows(tag, l)))[0] ?? 'en'
  const language = languages.find((l) => l === choice) ?? system
  // Without a region of the user's own, English dates put the day first and use 24 hours: nobody misreads those.
  const usual = { en: 'en-GB', es: 'es' }[language]
  return { language, tag: preferred.find((tag) => knows(tag, language) && isTag(tag)) ?? usual }
}

/** A desktop can hand over a tag that Intl does not take. */
function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}

let current = $state.raw<Locale>(pickLocale('system', typeof navigator === 'undefined' ? [] : navigator.languages))

/** The locale in force; whoever reads it in a view is drawn anew when it changes. */
export const locale = (): Locale => current

export function speak(choice: string, preferred: readonly string[] = navigator.languages): void {
  const next = pickLocale(choice, preferred)
  if (next.language !== current.language || next.tag !== current.tag) current = next
}
