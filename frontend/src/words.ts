// Every sentence that the interface says, in one place. Sentences that a person would say, without exclamation marks; an error
// says what happened, whether anything was lost, and what to do.

import type { DoorError, Entry, Grant, Limits, Question, Site, State } from './api'
import { ago, count, dollars, moment, pagesWords, withoutUsualPort } from './format'

const plural = (n: number, one: string, many = one + 's') => `${count(n)} ${n === 1 ? one : many}`

/** "a", "a and b", "a, b and c". */
export function and(items: string[]): string {
  if (items.length < 2) return items.join('')
  return items.slice(0, -1).join(', ') + ' and ' + items[items.length - 1]
}

export const nav = {
  label: 'Main',
  overview: 'Overview',
  sites: 'Sites',
  keys: 'Keys',
  activity: 'Activity',
  settings: 'Settings',
}

export const common = {
  cancel: 'Cancel',
  close: 'Close',
  save: 'Save',
  saved: 'Saved.',
  copy: 'Copy',
  copied: 'Copied',
  retry: 'Try again',
  loading: 'Loading',
  working: 'Working',
  dismiss: 'Dismiss',
  more: 'More',
}

const somethingWrong = 'Something went wrong inside Oaklock. Look again to see what holds now.'

/** What the agent's error codes mean when it said no sentence of its own. */
const errors: Record<string, string> = {
  bad_input: 'Oaklock could not use what was entered. Nothing was changed.',
  refused: 'Oaklock refused to do this. Nothing was changed.',
  doubtful: 'This looks like a mistake, so nothing was changed.',
  not_found: 'This is not there any more. It may have been changed from the command line.',
  locked: 'Oaklock is locked. Unlock it and try again.',
  unavailable: 'The keychain or the disk does not answer. Nothing was changed; try again in a moment.',
  failed: somethingWrong,
  agent_gone: 'Oaklock has stopped. Start it again with “oaklock”.',
}

export const errorSentence = (e: DoorError): string => e.message || errors[e.code] || somethingWrong

export const gone = {
  title: 'Oaklock is not running',
  text: 'This window only shows what Oaklock does. Your keys and what you have allowed are safe; no page can use them now.',
  fix: 'Start it with this command, and this window will follow:',
  command: 'oaklock',
}

export const failed = {
  title: 'Oaklock does not answer as it should',
  stale: 'What you see here may be out of date.',
}

export const states: Record<string, string> = { on: 'On', paused: 'Paused', locked: 'Locked' }

/** What is wrong with the place for keys; empty while it is ready. */
const vaultTrouble = (v: State['vault']): string =>
  ({
    new: 'has no place for your keys yet',
    unavailable: 'cannot reach a keychain',
    denied: 'was not let into your keychain',
    locked: 'cannot read your keys until you unlock them',
  })[v.status] ?? ''

/** The one true sentence at the top. */
export function headline(s: State): string {
  const trouble = vaultTrouble(s.vault)
  if (s.state === 'locked') return trouble && s.vault.status !== 'locked' ? `Oaklock ${trouble}.` : 'Oaklock is locked.'
  if (s.state === 'paused') return 'Oaklock is paused.'
  if (trouble) return `Oaklock is on, but ${trouble}.`
  if (s.keys === 0) return 'Oaklock is on, and has no key yet.'
  if (s.sites === 0) return `Oaklock is on. No site may use your ${s.keys === 1 ? 'key' : `${count(s.keys)} keys`} yet.`
  return `Oaklock is on. ${plural(s.sites, 'site')} may use ${plural(s.keys, 'key')}.`
}

/** What follows from the headline. */
export function subline(s: State): string {
  if (s.state === 'paused') return 'Pages are refused until you resume. Nothing that you have allowed is lost.'
  if (s.vault.status === 'new') return 'Choose a passphrase for the file that will hold them.'
  if (s.vault.status === 'unavailable' || s.vault.status === 'denied')
    return s.vault.message || 'Pages get no answer until it can.'
  if (s.state === 'locked' || s.vault.status === 'locked')
    return 'No key is in memory, and pages are refused until you unlock it.'
  if (s.keys === 0) return 'Add one, and then open a page that would like to use it.'
  if (s.sites === 0) return 'Open a page that uses it: Oaklock will ask you before anything is sent.'
  return 'A page never sees a key. It asks, Oaklock adds the key, and the answer goes back.'
}

export const overview = {
  pause: 'Pause',
  resume: 'Resume',
  lock: 'Lock',
  unlock: 'Unlock',
  addKey: 'Add a key',
  problems: 'Needs your attention',
  questions: 'Waiting for your answer',
  missed: 'Asked while you were away',
  missedHint: 'Nobody waits for these any more, but you can still answer. Your answer holds for the next request.',
  answer: 'Answer',
  asks: (names: string[]) => `asks to use your ${and(names)} ${names.length === 1 ? 'key' : 'keys'}`,
  asked: (at: number, now: number) => `asked ${ago(at, now)}`,
  running: 'Happening now',
  runningEmpty: 'No request is being answered right now.',
  stop: 'Stop',
  stopLabel: (origin: string) => `Stop the request of ${origin}`,
  stopped: 'Stopped. The page was told that its answer was cut off.',
  today: 'Today',
  requests: 'Requests',
  refused: 'Refused',
  tokensIn: 'Tokens asked',
  tokensOut: 'Tokens answered',
  endpoint: 'For pages',
  endpointHint:
    'A page sets this as the base URL of its provider, for example with /llm/openai behind it. Any dummy key will do.',
  copyEndpoint: 'Copy endpoint',
  paused: 'Paused. Running answers were ended.',
  resumed: 'Oaklock is on again.',
  locked: 'Locked. No key is in memory any more.',
  unlocked: 'Unlocked.',
}

export const question = {
  title: 'A site asks',
  place: (n: number, of: number) => `${n} of ${of}`,
  asks: (q: Question) => {
    const names = q.providers.map((p) => p.name)
    return `asks to use your ${and(names)} ${names.length === 1 ? 'key' : 'keys'}`
  },
  through: (browser: string) => `through ${browser}`,
  waiting: (elapsed: string) => `waiting ${elapsed}`,
  waitingRequests: (n: number) => plural(n, 'request'),
  missed: 'The page has stopped waiting. Your answer holds for its next request.',
  granted: (names: string[]) => `It may already use ${and(names)}.`,
  site: (site: string) => `${site} is the site`,
  sub: (part: string) => `${part} is a part of it`,
  plainHttp: 'not encrypted',
  models: 'Models',
  limit: 'Limit',
  time: 'For',
  key: 'Key',
  promise: 'It can ask the models. It cannot see the key, your files, or your account.',
  limitNote: 'Dollar limits are kept, but this version does not count dollars yet.',
  pageSays: (provider: string) => `For ${provider}, the page asked for the model`,
  denials: (n: number) => `You have denied this site ${plural(n, 'time')} lately. Block stops it from asking.`,
  noKey: (provider: string) => `You have no ${provider} key in Oaklock yet. Add one here, and then decide.`,
  noVault: (provider: string) =>
    `You have no ${provider} key in Oaklock yet, and there is no place to put one now. Choose “Not now” and look under Keys; the question stays under Overview.`,
  block: 'Block',
  deny: 'Deny',
  allow: 'Allow',
  later: 'Not now',
  laterHint: 'Not now: the page is refused this once when its time is up, and nothing is remembered',
  keyboard: 'To allow with the keyboard: go to Allow, press Enter, then Y. Enter alone does nothing.',
  armed: (site: string) => `Press Y to allow ${site}. Any other key goes back.`,
  changed: 'The question has just changed. Please read it again.',
  allowed: (origin: string, names: string[], until: string) =>
    `${origin} may use your ${and(names)} ${names.length === 1 ? 'key' : 'keys'} ${until}.`,
  denied: (origin: string) => `${origin} was denied and may not ask again for a while.`,
  blocked: (origin: string) => `${origin} is blocked. You can unblock it under Sites.`,
}

export const terms = {
  allModels: 'All',
  onlyModel: (model: string) => `Only “${pagesWords(model, 40)}”`,
  onlyAsked: 'Only those asked for',
  listed: 'Only these…',
  listedLabel: 'Model names',
  listedHint: 'Exact names, separated by commas or spaces.',
  limit: (millionths: number, period: 'day' | 'week' | 'month') => `${dollars(millionths)} a ${period}`,
  offered: (limits: Limits) => limitsText(limits),
  other: 'Other…',
  amount: 'Amount in dollars',
  period: 'Per',
  periods: { day: 'a day', week: 'a week', month: 'a month' },
  quit: 'until Oaklock quits',
  days: (n: number) => plural(n, 'day'),
  keep: (at: number, now: number) => `as now, until ${moment(at, now)}`,
  badAmount: 'Enter an amount above zero, such as 2.50.',
  noModels: 'Name at least one model, or choose All.',
}

const one = (n: number, what: string) => `${count(n)} ${what}`

/** Every ceiling in one phrase. */
export function limitsText(l: Limits): string {
  const all: string[] = []
  if (l.costDay) all.push(`${dollars(l.costDay)} a day`)
  if (l.costWeek) all.push(`${dollars(l.costWeek)} a week`)
  if (l.costMonth) all.push(`${dollars(l.costMonth)} a month`)
  if (l.tokensDay) all.push(one(l.tokensDay, 'tokens a day'))
  if (l.tokensWeek) all.push(one(l.tokensWeek, 'tokens a week'))
  if (l.tokensMonth) all.push(one(l.tokensMonth, 'tokens a month'))
  if (l.requestsPerMinute) all.push(one(l.requestsPerMinute, 'requests a minute'))
  if (l.atOnce) all.push(one(l.atOnce, 'at once'))
  if (l.outputTokens) all.push(one(l.outputTokens, 'tokens an answer'))
  return all.join(', ') || 'no limit'
}

export const modelsText = (models: string[]): string =>
  models.includes('*') ? 'all models' : models.length ? `only ${and(models)}` : 'no model'

export function untilText(t: { expiresAt: number; untilQuit: boolean; expired?: boolean }, now: number): string {
  if (t.expired) return t.expiresAt ? `ended ${moment(t.expiresAt, now)}` : 'ended'
  if (t.untilQuit) return 'until Oaklock quits'
  return t.expiresAt ? `until ${moment(t.expiresAt, now)}` : 'until you revoke it'
}

export const sites = {
  title: 'Sites',
  intro: 'What you decided holds for exactly these addresses: not for their subdomains, and not for http instead of https.',
  empty: 'No site has asked yet',
  emptyText: 'Open a page whose provider has Oaklock as its base URL. Its first request waits, and you are asked here.',
  add: 'Add a site',
  stateText: (s: Site, now: number): string =>
    s.state === 'denied' && s.until
      ? `denied until ${moment(s.until, now)}`
      : ({ allowed: 'allowed', expired: 'ended', denied: 'denied', blocked: 'blocked' }[s.state] ?? s.state),
  summary: (s: Site, now: number): string => {
    if (s.state === 'blocked') return 'May not ask, and is told nothing.'
    if (s.state === 'denied') return s.until ? `May ask again after ${moment(s.until, now)}.` : 'May not ask for a while.'
    const live = s.grants.filter((g) => !g.expired)
    if (!live.length) return 'What you allowed has ended. It may ask again.'
    return `May use ${and(live.map((g) => g.name))}.`
  },
  lastUsed: (at: number, now: number) => (at ? `last used ${ago(at, now)}` : 'never used'),
  requests: (n: number) => plural(n, 'request'),
  grantLine: (g: Grant, now: number) => [modelsText(g.models), limitsText(g.limits), untilText(g, now)].join(' · '),
  given: (g: Grant, now: number) => `allowed ${moment(g.givenAt, now)}${g.givenBy ? ` in the ${g.givenBy}` : ''}`,
  withKey: (label: string) => `key “${label}”`,
  edit: 'Change',
  editLabel: (name: string) => `Change what it may do with ${name}`,
  editTitle: (name: string) => `What it may do with ${name}`,
  revoke: 'Revoke',
  revokeLabel: (name: string) => `Revoke ${name}`,
  revokeAll: 'Revoke all',
  block: 'Block',
  unblock: 'Unblock',
  allowAgain: 'Let it ask again',
  confirmRevoke: (origin: string, name: string) =>
    name ? `Take ${name} away from ${origin}?` : `Take everything away from ${origin}?`,
  confirmRevokeText: 'Answers that are being sent are cut off within a second. The site may ask you again.',
  confirmBlock: (origin: string) => `Block ${origin}?`,
  confirmBlockText: 'It loses what you have allowed, running answers are cut off, and it may not ask again until you unblock it.',
  revoked: (origin: string) => `${origin} lost what was revoked.`,
  blocked: (origin: string) => `${origin} is blocked.`,
  unblocked: (origin: string) => `${origin} may ask again.`,
  changed: 'Changed. It holds from the next request on.',
  addTitle: 'Allow a site before it asks',
  origin: 'Address of the site',
  originHint: 'Scheme and host, such as https://research.example. No path.',
  providers: 'Providers',
  noProvider: 'Choose at least one provider.',
  added: (origin: string) => `${origin} is allowed.`,
  allow: 'Allow this site',
}

export const keys = {
  title: 'Keys',
  empty: 'No key yet',
  emptyText: 'Add the key of a provider. It goes to your keychain, and from there only to that provider.',
  emptyFile: 'Add the key of a provider. It goes to the protected file, and from there only to that provider.',
  add: 'Add a key',
  addTitle: 'Add a key',
  provider: 'Provider',
  label: 'Name',
  labelHint: 'To tell your keys apart, such as personal or work. Empty means default.',
  secret: 'Key',
  secretHint: 'Paste it here. It is never shown again.',
  getKey: 'Get a key from the provider',
  save: 'Save key',
  saveAnyway: 'Save anyway',
  saved: (name: string, label: string) => `Your ${name} key “${label}” is saved.`,
  hint: (last: string) => `ends in ${last}`,
  goesTo: (endpoint: string) => `goes only to ${withoutUsualPort(endpoint)}`,
  addedAt: (at: number, now: number) => `added ${moment(at, now)}`,
  lastUsed: (at: number, now: number) => (at ? `last used ${ago(at, now)}` : 'never used'),
  unusable: (endpoint: string) =>
    `Not used: the provider’s address has changed since this key was given for ${withoutUsualPort(endpoint)}. Add the key again to use it there.`,
  test: 'Test',
  testLabel: (name: string, label: string) => `Test the ${name} key ${label}`,
  testing: 'Asking the provider…',
  works: 'Works.',
  notReached: 'The provider was not reached.',
  providerSays: 'The provider says:',
  remove: 'Remove',
  removeLabel: (name: string, label: string) => `Remove the ${name} key ${label}`,
  confirmRemove: (name: string, label: string) => `Remove the ${name} key “${label}”?`,
  confirmRemoveText:
    'Oaklock forgets it, and sites that use it are told that there is no key. The key still works at the provider until you delete it there.',
  removed: (name: string) => `The ${name} key is removed.`,
}

export const vault = {
  title: 'Where your keys lie',
  ready: (kind: string) =>
    kind === 'file' ? 'In a file that is encrypted with your passphrase.' : 'In the keychain of your system.',
  locked: (kind: string) => (kind === 'file' ? 'The file is locked. It needs your passphrase.' : 'Your keychain is locked.'),
  new: 'There is no file yet. Choose a passphrase to make one.',
  unavailable: 'There is no keychain on this machine, or it does not answer.',
  denied: 'The keychain did not let Oaklock in.',
  useFile: 'Use a protected file instead',
  useFileTitle: 'Keep keys in a file?',
  useFileText:
    'Without a keychain, Oaklock can keep your keys in a file in its profile folder, encrypted with a passphrase that you choose. ' +
    'Nobody can recover the passphrase: without it the keys in the file are lost.',
  useFileDo: 'Use a file',
  useFileDone: 'Oaklock will keep keys in a file. Choose its passphrase now.',
  choose: 'Choose a place for keys',
  create: 'Choose a passphrase',
  createText: 'It encrypts the file that holds your keys. Nobody can recover it.',
  unlockTitle: 'Unlock Oaklock',
  unlockFile: 'Enter the passphrase of the file that holds your keys.',
  unlockKeychain: 'Your system may ask for the password of your keychain.',
  passphrase: 'Passphrase',
  again: 'Once more',
  differ: 'The two are not the same.',
  short: 'Use at least 8 characters. A few words in a row are easy to remember.',
  created: 'The file is made and unlocked.',
}

export const activity = {
  title: 'Activity',
  intro: 'Requests that were sent on, and those that were refused. What was asked and answered is never kept.',
  empty: 'Nothing has happened yet',
  emptyText: 'As soon as a page asks, its requests appear here.',
  emptyFiltered: 'Nothing fits',
  emptyFilteredText: 'No request fits these filters. Choose another site or provider.',
  site: 'Site',
  allSites: 'All sites',
  provider: 'Provider',
  allProviders: 'All providers',
  older: 'Show older',
  end: 'That is all that was kept.',
  columns: {
    time: 'Time',
    site: 'Site',
    provider: 'Provider',
    model: 'Model',
    outcome: 'What happened',
    tokens: 'Tokens',
    took: 'Took',
  },
  table: 'Requests, newest first',
  tokens: (e: Entry) =>
    e.input < 0 && e.output < 0 ? '–' : `${e.input < 0 ? '?' : count(e.input)} → ${e.output < 0 ? '?' : count(e.output)}`,
  tokensLabel: (e: Entry) =>
    e.input < 0 && e.output < 0
      ? 'tokens not known'
      : `${e.input < 0 ? 'unknown' : count(e.input)} asked, ${e.output < 0 ? 'unknown' : count(e.output)} answered`,
}

/** What happened, by Oaklock's own code. */
const outcomes: Record<string, string> = {
  bad_request: 'Refused: the request was not well formed',
  budget_exhausted: 'Refused: the limit is used up',
  consent_denied: 'Refused: you denied this site',
  consent_pending: 'Refused: nobody answered in time',
  endpoint_denied: 'Refused: pages may never use this endpoint',
  model_denied: 'Refused: this model was not allowed',
  stored_data_denied: 'Refused: saved files and chats are off limits',
  provider_unknown: 'Refused: no such provider',
  endpoint_unknown: 'Refused: no such endpoint',
  too_large: 'Refused: the request was too large',
  media_type: 'Refused: not a kind of content that the endpoint takes',
  locked: 'Refused: Oaklock was locked',
  paused: 'Refused: Oaklock was paused',
  no_key: 'Refused: there was no key for this provider',
  rate_limited: 'Refused: too many requests in a minute',
  too_many_requests: 'Refused: too many requests at once',
  upstream_unreachable: 'Failed: the provider was not reached',
  upstream_invalid: 'Failed: the provider’s answer made no sense',
  upstream_timeout: 'Failed: the provider took too long',
  revoked: 'Cut off: you revoked the site',
  stopped: 'Cut off: you stopped it',
  page_gone: 'Ended: the page went away',
  upstream_cut: 'Failed: the provider’s answer broke off',
  unheard: 'Refused without a word: blocked, or new sites may not ask',
  failed: 'Refused: Oaklock could not note it, so it was not sent',
}

/** The same for an answer that had begun. */
const cuts: Record<string, string> = {
  locked: 'Cut off: Oaklock was locked',
  paused: 'Cut off: Oaklock was paused',
}

/** Whether an entry went well, was refused or cut by Oaklock, or failed at the provider. */
export type Outcome = 'served' | 'refused' | 'failed'

export function outcome(e: Entry): { kind: Outcome; text: string } {
  if (e.code) {
    // An answer that had begun was not refused any more, but cut off.
    const begun = e.status >= 200 && e.status < 300
    const text = (begun && cuts[e.code]) || outcomes[e.code] || `Refused: ${e.code.replaceAll('_', ' ')}`
    return { kind: text.startsWith('Failed') ? 'failed' : 'refused', text }
  }
  if (e.status >= 200 && e.status < 300) return { kind: 'served', text: 'Answered' }
  return { kind: 'failed', text: `The provider said no (${e.status})` }
}

export const settings = {
  title: 'Settings',
  appearance: 'Appearance',
  theme: 'Theme',
  themes: { system: 'Like the system', light: 'Light', dark: 'Dark' } as Record<string, string>,
  general: 'General',
  providers: 'Providers',
  providersHint: 'Where requests go. A key is tied to the address it was given for: another address asks for the key again.',
  addProvider: 'Add a provider',
  addProviderTitle: 'Add a provider that speaks OpenAI’s language',
  id: 'Short name',
  idHint: 'What pages put behind /llm/, such as my-models. Small letters, digits and hyphens.',
  name: 'Name',
  baseURL: 'Base URL',
  baseURLHint: 'https, or http on this machine only.',
  auth: 'How it takes the key',
  auths: { bearer: 'Authorization: Bearer', 'x-api-key': 'x-api-key', 'api-key': 'api-key' } as Record<string, string>,
  pagesUse: 'Pages use',
  custom: 'added by you',
  reset: 'Back to the original',
  removeProvider: 'Remove',
  removeProviderLabel: (name: string) => `Remove ${name}`,
  confirmRemoveProvider: (name: string) => `Remove ${name}?`,
  confirmRemoveProviderText: 'Pages can no longer reach it through Oaklock. Its key stays where it is until you remove it.',
  removedProvider: (name: string) => `${name} is removed.`,
  savedProvider: (name: string) => `${name} is saved.`,
  changeURL: 'Change',
  changeURLLabel: (name: string) => `Change the base URL of ${name}`,
  changeURLTitle: (name: string) => `Base URL of ${name}`,
  saveLabel: (name: string) => `Save ${name}`,
  defaultValue: (value: string) => `Usually ${value}.`,
  on: 'On',
  off: 'Off',
  about: 'About',
  version: (v: string) => `Version ${v}`,
  home: 'Profile folder',
  empty: 'There is nothing to set yet.',
  /** What a setting is called, by its name; others are shown by their name. */
  labels: {
    questions: 'Ask me about new sites',
    wait: 'How long a page waits for my answer',
    port: 'Port for pages',
    vault: 'Where keys lie',
    theme: 'Theme',
    autostart: 'Start when I log in',
    idle_lock: 'Lock when unused for',
    idlelock: 'Lock when unused for',
    'idle-lock': 'Lock when unused for',
    keep: 'How long the activity is kept',
    log: 'How much is written to the log',
    notifications: 'Show notifications',
  } as Record<string, string>,
  /** What the values of a setting are called. */
  values: {
    vault: { keychain: 'System keychain', file: 'Protected file' },
    theme: { system: 'Like the system', light: 'Light', dark: 'Dark' },
  } as Record<string, Record<string, string>>,
}

export const words = { nav, common, gone, failed, states, overview, question, terms, sites, keys, vault, activity, settings }
