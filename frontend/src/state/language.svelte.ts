// The language of the interface: that of the desktop unless the user says otherwise. The agent keeps the choice as the setting
// "language" where it has one; without it the choice lasts as long as the window.

import { languages, locale, speak, type LanguageChoice } from '../locale.svelte'
import type { Oaklock } from './oaklock.svelte'

export const languageChoices: readonly LanguageChoice[] = ['system', ...languages]

export class Language {
  #own = $state<LanguageChoice>('system')
  #oak: Oaklock
  /** What the desktop says, which knows better than the web view. */
  #desktop = $state('')

  constructor(oak: Oaklock) {
    this.#oak = oak
    oak.door.systemLanguage().then(
      (language) => (this.#desktop = language),
      () => {}, // the web view has a language too
    )
  }

  #setting = $derived.by(() => this.#oak.settings.value?.find((s) => s.name === 'language'))

  name = $derived.by((): LanguageChoice => {
    const value = this.#setting?.value ?? this.#own
    return languageChoices.find((name) => name === value) ?? 'system'
  })

  async choose(name: LanguageChoice): Promise<void> {
    this.#own = name
    if (this.#setting) await this.#oak.act(this.#oak.door.setSetting('language', name))
  }

  /** For an effect: makes the page speak it, and a screen reader pronounce it. */
  apply(root: HTMLElement = document.documentElement): void {
    speak(this.name === 'system' && this.#desktop ? this.#desktop : this.name)
    root.lang = locale().language
  }
}
