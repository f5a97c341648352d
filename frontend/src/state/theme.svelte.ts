// Light or dark: like the system unless the user says otherwise. The agent keeps the choice as the setting "theme" where it has
// one; without it the choice lasts as long as the window.

import type { Oaklock } from './oaklock.svelte'

export type ThemeName = 'system' | 'light' | 'dark'

const names: readonly string[] = ['system', 'light', 'dark']

export class Theme {
  #own = $state<ThemeName>('system')
  #oak: Oaklock

  constructor(oak: Oaklock) {
    this.#oak = oak
  }

  #setting = $derived.by(() => this.#oak.settings.value?.find((s) => s.name === 'theme'))

  name = $derived.by((): ThemeName => {
    const value = this.#setting?.value ?? this.#own
    return names.includes(value) ? (value as ThemeName) : 'system'
  })

  async choose(name: ThemeName): Promise<void> {
    this.#own = name
    if (this.#setting) await this.#oak.act(this.#oak.door.setSetting('theme', name))
  }

  /** For an effect: makes the page follow. */
  apply(root: HTMLElement = document.documentElement): void {
    if (this.name === 'system') delete root.dataset.theme
    else root.dataset.theme = this.name
  }
}
