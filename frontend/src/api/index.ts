// The one door between the interface and its host. Views and state know only the type Door; wails.ts stands in the window,
// fake.ts in a plain browser tab, and tests make their own.

import type { app, control } from '../../wailsjs/go/models'

export type State = control.State
export type Vault = control.Vault
export type Problem = control.Problem
export type Question = control.Question
export type QuestionProvider = control.QuestionProvider
export type Warning = control.Warning
export type Terms = control.Terms
export type Limits = control.Limits
export type Answer = control.Answer
export type Site = control.Site
export type Grant = control.Grant
export type App = control.App
export type NewApp = app.NewApp
export type AllowSite = control.AllowSite
export type SiteRef = control.SiteRef
export type Key = control.Key
export type AddKey = control.AddKey
export type KeyRef = control.KeyRef
export type FoundKeys = control.FoundKeys
export type FoundKey = control.FoundKey
export type KeyTest = control.KeyTest
export type Provider = control.Provider
export type SetProvider = control.SetProvider
export type Running = control.Running
export type Demo = control.Demo
export type Today = control.Today
export type Entry = control.Entry
export type LogFilter = control.LogFilter
export type ExportedLog = app.ExportedLog
export type OverLimit = control.OverLimit
export type PausedSite = control.PausedSite
export type Use = Pick<control.Overall, 'used' | 'held' | 'left' | 'dayEnds' | 'weekEnds' | 'monthEnds'>
export type UsageFilter = control.UsageFilter
export type Price = control.Price
export type PriceRef = control.PriceRef
export type SetPrice = control.SetPrice
export type UsageSum = control.UsageSum
export type RaiseLimit = control.RaiseLimit
export type LimitKey = control.LimitKey
export type Setting = control.Setting
export type Unlock = control.Unlock

/** The class of what is saved at a provider under a key: files and chats. */
export const storedClass = 'stored'

/** Limits that limit nothing. */
export const noLimits = (): Limits => ({
  costDay: 0,
  costWeek: 0,
  costMonth: 0,
  tokensDay: 0,
  tokensWeek: 0,
  tokensMonth: 0,
  requestsPerMinute: 0,
  atOnce: 0,
  outputTokens: 0,
})

/** What the interface can ask of its host. Times are milliseconds since 1970, money is millionths of a US dollar. */
export interface Door {
  state(): Promise<State>

  allow(answer: Answer): Promise<void>
  deny(answer: Answer): Promise<void>
  block(answer: Answer): Promise<void>

  sites(): Promise<Site[]>
  allowSite(site: AllowSite): Promise<void>
  revokeSite(ref: SiteRef): Promise<void>
  denySite(ref: SiteRef): Promise<void>
  blockSite(ref: SiteRef): Promise<void>
  unblockSite(ref: SiteRef): Promise<void>
  /** Lets a site go on that was paused because it ran away. */
  resumeSite(ref: SiteRef): Promise<void>

  /** In words, what another program has changed and is therefore not in force. */
  doubts(): Promise<string[]>
  /** Puts all of that in force as it stands. */
  trust(): Promise<void>

  /** The programs of this machine that have a key of Oaklock's own. */
  apps(): Promise<App[]>
  /** Makes an app known by the key that the window has made for it. */
  addApp(app: NewApp): Promise<App>
  /** Makes an app's key worth nothing; for some seconds it can be taken back. */
  removeApp(name: string): Promise<void>
  takeAppBack(name: string): Promise<void>

  keys(): Promise<Key[]>
  addKey(key: AddKey): Promise<Key>
  testKey(ref: KeyRef): Promise<KeyTest>
  /** Takes a key out of use at once; for some seconds it can be taken back. */
  removeKey(ref: KeyRef): Promise<void>
  takeKeyBack(ref: KeyRef): Promise<void>
  /** Sets what all sites together may take of a key. */
  limitKey(limit: LimitKey): Promise<Key>

  /** Looks for keys in the agent's environment or in a file that the user picks now, in a dialog with this title; empty forgets what was found. */
  findKeys(where: 'environment' | 'file' | '', title?: string): Promise<FoundKeys>
  /** Stores one of those that were found last; an empty label takes the one offered. */
  importKey(id: string, label: string): Promise<Key>

  providers(): Promise<Provider[]>
  setProvider(provider: SetProvider): Promise<Provider>
  removeProvider(id: string): Promise<void>
  openKeysPage(provider: string): Promise<void>

  /** What models cost; what is not listed has no known price. */
  prices(): Promise<Price[]>
  setPrice(price: SetPrice): Promise<Price>
  resetPrice(ref: PriceRef): Promise<void>

  log(filter: LogFilter): Promise<Entry[]>
  /** Saves all that fits where the user says in a dialog of the system with this title; without a file when that was closed. On the way it
   * tells how many lines are written, and how many of 100 parts that is. */
  exportLog(
    filter: LogFilter,
    format: 'csv' | 'json',
    title: string,
    told: (lines: number, percent: number) => void,
  ): Promise<ExportedLog>
  usage(filter: UsageFilter): Promise<UsageSum[]>
  /** Changes one limit and nothing else. */
  raiseLimit(raise: RaiseLimit): Promise<void>

  settings(): Promise<Setting[]>
  setSetting(name: string, value: string): Promise<Setting>

  /** The desktop's language: one that the interface speaks, or nothing. */
  systemLanguage(): Promise<string>

  startDemo(): Promise<Demo>
  stopDemo(): Promise<void>
  openDemo(): Promise<void>

  pause(): Promise<void>
  resume(): Promise<void>
  lock(): Promise<void>
  unlock(unlock: Unlock): Promise<void>
  stopRunning(id: string): Promise<void>

  /** Puts text on the clipboard. Never called with a provider's key; an app's own key is for its owner to carry. */
  copy(text: string): Promise<void>

  /** Calls back whenever something in the host is not what it was; nothing is said about what. Returns how to stop. */
  onLook(look: () => void): () => void
  /** Calls back when the user has asked for the window: from a notification, from the tray or with "oaklock". Returns how to stop. */
  onShow(shown: () => void): () => void
}

/** Why the host said no. */
export class DoorError extends Error {
  constructor(
    /** "bad_input", "refused", "doubtful", "not_found", "locked", "unavailable", "failed", or "agent_gone" when nobody answered. */
    readonly code: string,
    message: string,
  ) {
    super(message)
    this.name = 'DoorError'
  }
}

/** Turns whatever a promise was rejected with into a DoorError. */
export function doorError(reason: unknown): DoorError {
  if (reason instanceof DoorError) return reason
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'message' in reason) {
    return new DoorError(String(reason.code), String(reason.message))
  }
  return new DoorError('failed', '')
}
