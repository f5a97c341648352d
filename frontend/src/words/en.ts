// Every sentence that the interface says, in English. Sentences that a person would say, without exclamation marks; an error says
// what happened, whether anything was lost, and what to do. What is here has its counterpart in every other language: the type
// Words sees to it, and words.test.ts that none was left in English there.

import type { Limits } from '../api'
import type { System } from '../system'
import { ago as agoIn, and, count, dayOf, dollars, duration, moment, pagesWords, plurals, withoutUsualPort } from '../format'

const plural = (n: number, one: string, many = one + 's') => plurals('en', n, one, many)

const ago = (at: number, now: number) => agoIn(at, now, 'just now')

const keyOf = (names: string[]) => `your ${and(names)} ${names.length === 1 ? 'key' : 'keys'}`

const nav = {
  label: 'Main',
  overview: 'Overview',
  sites: 'Sites',
  keys: 'Keys',
  activity: 'Activity',
  settings: 'Settings',
}

const common = {
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
  undo: 'Undo',
  more: 'More',
}

/** What the agent's error codes mean when it said no sentence of its own. */
const errors = {
  bad_input: 'Oaklock could not use what was entered. Nothing was changed.',
  refused: 'Oaklock refused to do this. Nothing was changed.',
  doubtful: 'This looks like a mistake, so nothing was changed.',
  not_found: 'This is not there any more. It may have been changed from the command line.',
  locked: 'Oaklock is locked. Unlock it and try again.',
  unavailable: 'The keychain or the disk does not answer. Nothing was changed; try again in a moment.',
  failed: 'Something went wrong inside Oaklock. Look again to see what holds now.',
  agent_gone: 'Oaklock has stopped. Start it again with “oaklock”.',
}

const gone = {
  title: 'Oaklock is not running',
  text: 'This window only shows what Oaklock does. Your keys and what you have allowed are safe; no page can use them now.',
  fix: 'Start it with this command, and this window will follow:',
  command: 'oaklock',
}

const failed = {
  title: 'Oaklock does not answer as it should',
  stale: 'What you see here may be out of date.',
}

const states = { on: 'On', paused: 'Paused', locked: 'Locked' }

/** The one true sentence at the top, and what follows from it. */
const headline = {
  locked: 'Oaklock is locked.',
  paused: 'Oaklock is paused.',
  /** What is wrong with the place for keys. */
  trouble: {
    new: 'has no place for your keys yet',
    unavailable: 'cannot reach a keychain',
    denied: 'was not let into your keychain',
    locked: 'cannot read your keys until you unlock them',
  },
  troubled: (trouble: string) => `Oaklock ${trouble}.`,
  onBut: (trouble: string) => `Oaklock is on, but ${trouble}.`,
  noKey: 'Oaklock is on, and has no key yet.',
  noneUsable: (keys: number) =>
    `Oaklock is on, but ${keys === 1 ? 'your key cannot' : `none of your ${count(keys)} keys can`} be used.`,
  noSite: (keys: number) => `Oaklock is on. No site may use your ${keys === 1 ? 'key' : `${count(keys)} keys`} yet.`,
  on: (sites: number, keys: number) => `Oaklock is on for ${plural(sites, 'site')}, with ${plural(keys, 'key')}.`,
}

const subline = {
  paused: 'Pages are refused until you resume. Nothing that you have allowed is lost.',
  new: 'Choose a passphrase for the file that will hold them.',
  unavailable: 'Pages get no answer until it can.',
  locked: 'No key is in memory, and pages are refused until you unlock it.',
  noKey: 'Add one, and then open a page that would like to use it.',
  noneUsable: 'Under Keys stands why, and what to do.',
  noSite: 'Open a page that uses it: Oaklock will ask you before anything is sent.',
  on: 'A page never sees a key. It asks, Oaklock adds the key, and the answer goes back.',
}

/** The first two minutes. */
const first = {
  progress: 'First steps',
  place: (n: number, of: number) => `Step ${n} of ${of}`,
  names: { hello: 'Welcome', key: 'A key', try: 'Try it', login: 'At login' },
  titles: {
    hello: 'Your keys, on your terms',
    key: 'Add a key',
    try: 'Try it, without any key of yours',
    login: 'Be there when a page asks',
  },
  skipAll: 'Skip the first steps',
  back: 'Back',
  next: 'Continue',
  finish: 'Finish',
  again: 'Show the first steps again',
  sentence:
    'Oaklock lets the web pages that you approve use your AI keys without ever seeing them, and stops them at the limit that you set.',
  picture: {
    page: 'A page asks for a model. It has no key, and never gets one.',
    you: 'You decide once: which site, which models, how much, how long.',
    provider: 'Oaklock adds the key on its way to the provider, and nowhere else.',
  },
  keyText:
    'Paste the key of a provider, or take one from where it lies now. Oaklock tries it at once, keeps it in your keychain, and shows no more of it than its end.',
  elsewhere: 'Or take one that you have elsewhere',
  another: 'Add another key',
  staysBehind:
    'Where you copied it from, it still is: in a file, a note, or the clipboard. Delete it there when this key is meant for Oaklock alone.',
  tryText:
    'A demo page and a demo provider come with Oaklock, and both stay on this machine. The page asks like any other, so you see what a real question looks like.',
  demo: {
    go: 'Start the demo',
    open: 'The demo page opens in your browser',
    start: 'Press Start there, and Oaklock asks you here',
    allow: 'Read the question, and press Allow',
    answers: 'The answers arrive on the page',
    done: ' (done)',
    openAgain: 'Open the page again',
    all: 'That was the whole of it. When you continue, the demo’s key and its permission are taken back.',
    notNow: 'The demo needs Oaklock to be on.',
  },
  loginText: 'A page can ask only while Oaklock runs. It waits quietly, and takes hardly any memory.',
  tray: 'Closing this window does not end Oaklock: you find it in the tray, or bring it back with the command “oaklock”.',
  noTray:
    'Closing this window does not end Oaklock. Your desktop shows no tray icons, so bring the window back with the command “oaklock”.',
}

const overview = {
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
  answerLabel: (origin: string) => `Answer ${origin}`,
  asks: (names: string[]) => `asks to use ${keyOf(names)}`,
  asked: (at: number, now: number) => `asked ${ago(at, now)}`,
  running: 'Happening now',
  runningEmpty: 'No request is being answered right now.',
  findRunning: 'Find a request',
  noneFits: 'No request fits.',
  stop: 'Stop',
  stopLabel: (origin: string) => `Stop the request of ${origin}`,
  stopped: 'Stopped. The page was told that its answer was cut off.',
  soFar: (cost: number) => `${dollars(cost)} so far`,
  atMost: (cost: number) => `at most ${dollars(cost)}`,
  priceUnknown: 'price not known',
  today: 'Today',
  cost: 'Cost',
  estimatedPart: (cost: number) => `${dollars(cost)} of it estimated`,
  unpriced: (n: number) => `without ${plural(n, 'request')} whose price is not known`,
  overall: 'Over everything',
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

const question = {
  title: 'A site asks',
  place: (n: number, of: number) => `${n} of ${of}`,
  asks: (names: string[]) => `asks to use ${keyOf(names)}`,
  through: (browser: string) => `through ${browser}`,
  waiting: (elapsed: string) => `waiting ${elapsed}`,
  missed: 'The page has stopped waiting. Your answer holds for its next request.',
  granted: (names: string[]) => `It may already use ${and(names)}.`,
  /** What the exact address means: its registrable part, and what stands before that. */
  whose: (site: string, part: string) => `${site} is the site; ${part} is a part of it`,
  plainHttp: 'not encrypted',
  models: 'Models',
  limit: 'Limit',
  /** The same limit for each of several, and not one for them together. */
  limitEach: 'Limit for each provider',
  time: 'For',
  key: 'Key',
  promise: 'It can ask the models. It cannot see the key, your files, or your account.',
  promiseStored: 'It can ask the models, and use everything saved under this key. It cannot see the key or your account.',
  pageSays: (provider: string) => `For ${provider}, the page asked for the model`,
  denials: (n: number) => `You have denied this site ${plural(n, 'time')} lately. Block stops it from asking.`,
  /** Warnings by the agent's code. */
  warnings: {
    localhost: 'This page comes from a program on this machine. Any other program that gets this port inherits what you allow.',
    no_price:
      'Oaklock knows no price of a model that is asked for, so a limit in dollars refuses it. Set its price first: Settings, “What models cost”.',
    shared_host:
      'Many people publish under this host. Everyone who can put a page under this exact address inherits what you allow.',
  },
  noKey: (provider: string) => `You have no ${provider} key in Oaklock yet. Add one here, and then decide.`,
  noVault: (provider: string) =>
    `You have no ${provider} key in Oaklock yet, and there is no place to put one now. Choose “Not now” and look under Keys; the question stays under Overview.`,
  block: 'Block',
  deny: 'Deny',
  allow: 'Allow',
  later: 'Not now',
  laterHint: 'Not now: the page is refused this once when its time is up, and nothing is remembered',
  /** The key that allows after Enter: the first letter of "yes". */
  yesKey: 'Y',
  keyboard: 'To allow with the keyboard: go to Allow, press Enter, then Y. Enter alone does nothing.',
  away: 'Click into this window, and Allow wakes.',
  unseen: 'Allow sleeps until the name of the site is in sight.',
  tooEarly: 'That press did not count: Allow was asleep. Press it again.',
  armed: (site: string) => `Press Y to allow ${site}. Any other key goes back.`,
  allowed: (origin: string, names: string[], until: string) => `${origin} may use ${keyOf(names)} ${until}.`,
  denied: (origin: string) => `${origin} was denied and may not ask again for a while.`,
  blocked: (origin: string) => `${origin} is blocked. You can unblock it under Sites.`,
  unblocked: (origin: string) => `${origin} is not blocked any more. It may ask you again.`,
}

/** Sites that came to a limit, or that the brake has paused. */
const stopped = {
  title: 'Stopped until you decide',
  find: 'Find a stopped site',
  /** What a limit is of. */
  ofSite: (ceiling: string, provider: string) => `has come to its limit of ${ceiling} for ${provider}.`,
  ofKey: (ceiling: string, provider: string, label: string) =>
    `was stopped by the limit of your ${provider} key “${label}”, which is ${ceiling} for all sites together.`,
  ofAll: (ceiling: string) => `was stopped by your limit over everything, which is ${ceiling}.`,
  noPrice: (provider: string) =>
    `asked ${provider} for a model whose price Oaklock does not know, so a limit in dollars could not be held:`,
  orTokens: 'set its price, or change the limit to one in tokens',
  need: (amount: string) => `the next request can take ${amount}`,
  needAnswer: (tokens: number) => `it asked for an answer of up to ${plural(tokens, 'token')}`,
  raise: (ceiling: string) => `Raise to ${ceiling}`,
  raiseLabel: (origin: string, ceiling: string) => `Raise to ${ceiling} the limit that stopped ${origin}`,
  raised: (origin: string, ceiling: string) => `Raised to ${ceiling}. The next request of ${origin} goes by it.`,
  lowered: (ceiling: string) => `The limit is ${ceiling} again.`,
  change: 'Change…',
  changeLabel: (origin: string, provider: string) => `Change what ${origin} may do with ${provider}`,
  changeLimitLabel: (origin: string) => `Change the limits that stopped ${origin}`,
  setPrice: 'Set its price',
  setPriceLabel: (model: string) => `Set its price: ${pagesWords(model, 40)}`,
  /** Why the brake has paused a site. */
  reasons: {
    same_requests: (n: number) => `It sent ${plural(n, 'nearly equal request')} within a minute`,
    only_errors: (n: number) => `${plural(n, 'request')} in a row failed within a minute`,
    cost_surge: (n: number) =>
      `It suddenly cost more than five times as much as usual, with ${plural(n, 'request')} within a minute`,
  },
  inThatMinute: (cost: number) => `${dollars(cost)} in that minute`,
  ranAway: 'was paused because it ran away.',
  at: (at: number, now: number) => ago(at, now),
  goOn: 'Let it go on',
  goOnLabel: (origin: string) => `Let it go on: ${origin}`,
  wentOn: (origin: string) => `${origin} goes on. Doing the same again does not pause it for an hour.`,
  block: 'Block',
  blockLabel: (origin: string) => `Block ${origin}`,
}

/** How much of a limit is used. */
const use = {
  of: (used: string, ceiling: string) => `${used} of ${ceiling}`,
  held: (amount: string) => `${amount} reserved`,
  left: (amount: string) => `${amount} left`,
  none: 'nothing left',
  resets: (at: number, now: number) => `resets in ${duration(at - now)}`,
}

/** A model without a known price. */
const price = {
  title: 'What this model costs',
  of: (provider: string) => `The price of this model of ${provider}:`,
  hint: 'In dollars for a million tokens, as providers write it. Oaklock reckons with it from the next request on, and keeps it until you change it.',
  input: 'It reads (input)',
  output: 'It writes (output)',
  example: '1.25',
  bad: 'Enter both as amounts, such as 1.25 or 0.075; 0 if it costs nothing.',
  saved: (model: string) => `The price of “${pagesWords(model, 40)}” is set.`,
}

/** What all models cost. */
const prices = {
  title: 'What models cost',
  back: 'Settings',
  link: 'What models cost…',
  linkText: 'Each price with the day and the place it was read at. Limits in dollars rest on them.',
  intro:
    'In dollars for a million tokens. The prices come with Oaklock and are never fetched; where one is out of date, set it yourself.',
  empty: 'No price is known',
  emptyText: 'Set the price of a model that you use, so that limits in dollars can be kept for it.',
  add: 'Set a price',
  addTitle: 'What another model costs',
  find: 'Find a model',
  show: 'Show',
  all: 'all providers',
  mine: 'those that I set',
  count: (n: number) => (n ? plural(n, 'model') : 'No model fits.'),
  provider: 'Provider',
  model: 'Model',
  modelHint: 'As requests name it.',
  input: 'Input',
  cached: 'Cached',
  output: 'Output',
  acts: 'Change',
  yours: 'yours',
  setBy: (day: string) => `set by you on ${day}`,
  readAt: (source: string, day: string) => `read at ${source} on ${day}`,
  edit: 'Change',
  editLabel: (model: string) => `Change the price of ${model}`,
  editTitle: (model: string) => `What ${model} costs`,
  restore: 'Restore',
  restoreLabel: (model: string) => `Restore the price of ${model}`,
  restored: (model: string) => `${model} costs again what Oaklock knows.`,
  forget: 'Forget',
  forgetLabel: (model: string) => `Forget the price of ${model}`,
  forgotten: (model: string) => `${model} has no price any more: a site with a limit in dollars cannot use it.`,
  putBack: (model: string) => `${model} has your price again.`,
  rare: 'Sound, pictures, searches and writing to caches',
  bad: 'Enter amounts, such as 1.25 or 0.075; 0 for what costs nothing.',
  /** What each rate is for; those for a million of something come first. */
  rates: {
    input: 'Input',
    output: 'Output',
    cachedInput: 'Input from a cache',
    cacheWrite: 'Input into a cache',
    audioInput: 'Sound heard',
    audioOutput: 'Sound spoken',
    second: 'A million seconds heard',
    character: 'A million letters read aloud',
    image: 'A picture',
    search: 'A search',
  },
  also: {
    cacheWrite: (rate: string) => `into a cache ${rate}`,
    audioInput: (rate: string) => `sound heard ${rate}`,
    audioOutput: (rate: string) => `sound spoken ${rate}`,
    second: (rate: string) => `a million seconds heard ${rate}`,
    character: (rate: string) => `a million letters read aloud ${rate}`,
    image: (rate: string) => `a picture ${rate}`,
    search: (rate: string) => `a search ${rate}`,
  },
  long: (tokens: number, input: string, output: string) =>
    `above ${plural(tokens, 'token')} ${input} for input and ${output} for output`,
}

const periods = { day: 'a day', week: 'a week', month: 'a month' }

const terms = {
  allModels: 'All',
  onlyModel: (model: string) => `Only “${pagesWords(model, 40)}”`,
  onlyAsked: 'Only those asked for',
  listed: 'Only these…',
  listedLabel: 'Model names',
  listedHint: 'Exact names, separated by commas or spaces.',
  limit: (millionths: number, period: keyof typeof periods) => `${dollars(millionths)} ${periods[period]}`,
  other: 'Other…',
  several: 'Several limits…',
  amount: 'Amount in dollars',
  amountExample: '2.50',
  unit: 'Limit in',
  units: { dollars: 'Dollars', tokens: 'Tokens' },
  amountTokens: 'Amount in tokens',
  amountTokensExample: '100000',
  badTokens: 'Enter a whole number above zero, such as 100000.',
  period: 'Per',
  periods,
  quit: 'until Oaklock quits',
  days: (n: number) => plural(n, 'day'),
  keep: (at: number, now: number) => `as now, until ${moment(at, now)}`,
  badAmount: 'Enter an amount above zero, such as 2.50.',
  stored: (providers: string[]) => `May use files and chats saved at ${and(providers)}`,
  storedHelp: 'That is everything saved under this key, whoever saved it, and not only what this site has made.',
  savedToo: 'files and saved chats too',
  noModels: 'Name at least one model, or choose All.',
  /** Every kind of ceiling. */
  ceilings: {
    costDay: (n: number) => `${dollars(n)} a day`,
    costWeek: (n: number) => `${dollars(n)} a week`,
    costMonth: (n: number) => `${dollars(n)} a month`,
    tokensDay: (n: number) => `${plural(n, 'token')} a day`,
    tokensWeek: (n: number) => `${plural(n, 'token')} a week`,
    tokensMonth: (n: number) => `${plural(n, 'token')} a month`,
    requestsPerMinute: (n: number) => `${plural(n, 'request')} a minute`,
    atOnce: (n: number) => `${count(n)} at once`,
    outputTokens: (n: number) => `${plural(n, 'token')} an answer`,
  } satisfies Record<keyof Limits, (n: number) => string>,
  noLimit: 'no limit',
  anyModel: 'all models',
  onlyModels: (names: string[]) => `only ${and(names)}`,
  noModel: 'no model',
  ended: 'ended',
  endedAt: (at: number, now: number) => `ended ${moment(at, now)}`,
  until: (at: number, now: number) => `until ${moment(at, now)}`,
  untilRevoked: 'until you revoke it',
}

/** The form for all limits of a site, of a key or over everything. */
const limits = {
  fields: {
    costDay: 'Dollars a day',
    costWeek: 'Dollars a week',
    costMonth: 'Dollars a month',
    tokensDay: 'Tokens a day',
    tokensWeek: 'Tokens a week',
    tokensMonth: 'Tokens a month',
    requestsPerMinute: 'Requests a minute',
    atOnce: 'Requests at once',
    outputTokens: 'Tokens of one answer',
  } satisfies Record<keyof Limits, string>,
  empty: 'What is left empty has no limit.',
  bad: (field: string, why: string) => `${field}: ${why}`,
  badNumber: 'Enter a whole number above zero, such as 10.',
  atMost: (ceiling: string) => `at most ${ceiling}`,
  change: 'Limit…',
  keyTitle: (name: string, label: string) => `Limit the ${name} key “${label}”`,
  keyText: 'What all sites together may take of this key. What each site may take by itself holds beside it.',
  keyLabel: (name: string, label: string) => `Limit the ${name} key ${label}`,
  allLabel: 'Limit what all sites together may take',
  allTitle: 'Limit everything',
  allText: 'What all sites together may take, with whichever key. What each site and each key may take holds beside it.',
  changed: 'Changed. It holds from the next request on.',
}

const sites = {
  title: 'Sites',
  intro: 'What you decided holds for exactly these addresses: not for their subdomains, and not for http instead of https.',
  empty: 'No site has asked yet',
  emptyText: 'Open a page whose provider has Oaklock as its base URL. Its first request waits, and you are asked here.',
  add: 'Add a site',
  states: {
    allowed: 'allowed',
    paused: 'paused',
    unproven: 'not confirmed',
    expired: 'ended',
    denied: 'denied',
    blocked: 'blocked',
  },
  waits: 'It waits until you let it go on; what you allowed is kept.',
  isPaused: 'Paused, because it ran away. Nothing that you allowed is lost.',
  goOn: 'Let it go on',
  wentOn: (origin: string) => `${origin} goes on.`,
  isUnproven: 'Written by another program, so it is not in force.',
  notInForce: 'not in force',
  deniedUntil: (at: number, now: number) => `denied until ${moment(at, now)}`,
  isBlocked: 'May not ask, and is told nothing.',
  mayAskAfter: (at: number, now: number) => `May ask again after ${moment(at, now)}.`,
  mayNotAsk: 'May not ask for a while.',
  hasEnded: 'What you allowed has ended. It may ask again.',
  mayUse: (names: string[]) => `May use ${and(names)}.`,
  lastUsed: (at: number, now: number) => `last used ${ago(at, now)}`,
  neverUsed: 'never used',
  requests: (n: number) => plural(n, 'request'),
  given: (at: number, now: number) => `allowed ${moment(at, now)}`,
  /** By the door that a permission was given through. */
  givenBy: { window: 'in the window', 'command line': 'on the command line' },
  withKey: (label: string) => `key “${label}”`,
  edit: 'Change',
  editLabel: (name: string) => `Change what it may do with ${name}`,
  editTitle: (name: string) => `What it may do with ${name}`,
  revoke: 'Revoke',
  revokeLabel: (name: string) => `Revoke ${name}`,
  revokeAll: 'Revoke all',
  revokedApp: (name: string, providers: string[]) => `${name} may no longer use ${and(providers)}. Its key stays.`,
  block: 'Block',
  unblock: 'Unblock',
  allowAgain: 'Let it ask again',
  revoked: (origin: string, names: string[]) => `${origin} may no longer use ${and(names)}. It may ask you again.`,
  blocked: (origin: string) => `${origin} is blocked. It may do nothing and ask nothing.`,
  putBack: (origin: string) => `${origin} is as it was.`,
  find: 'Find a site',
  state: 'Show',
  allStates: 'all of them',
  noneFits: 'No site fits.',
  unblocked: (origin: string) => `${origin} may ask again.`,
  changed: 'Changed. It holds from the next request on.',
  addTitle: 'Allow a site before it asks',
  origin: 'Address of the site',
  originHint: 'Scheme and host, such as https://research.example. No path.',
  providers: 'Providers',
  noProvider: 'Choose at least one provider.',
  findProvider: 'Find a provider',
  noProviderFits: 'No provider fits.',
  added: (origin: string) => `${origin} is allowed.`,
  allow: 'Allow this site',
}

/** Programs of this machine that are no pages. */
const apps = {
  tabs: 'What asks',
  tabSites: 'Web sites',
  tabApps: 'Apps on this machine',
  title: 'Apps',
  intro:
    'Programs on this machine that are no web pages, such as an editor or a script. Each has a key of Oaklock’s own, which opens nothing anywhere else.',
  empty: 'No app yet',
  emptyText: 'Make a key for a program of yours. It never sees the provider’s key, and you can take its own back at any time.',
  add: 'Add an app',
  addTitle: 'Let a program use your keys',
  name: 'Name of the app',
  nameHint: 'As you want to find it in the log. Small letters, digits and hyphens.',
  make: 'Make its key',
  keyTitle: (name: string) => `The key of ${name}`,
  keyText: 'Put it where the program wants the provider’s key. Only programs on this machine can use it.',
  key: 'Key',
  bases: 'And this as its base URL',
  once: 'The key is shown this once and kept nowhere. If it gets lost, remove the app and make it a new one.',
  done: 'Done',
  added: (name: string) => `${name} has its key.`,
  hint: (last: string) => `key ends in ${last}`,
  nothing: 'It may use nothing now. Its key opens nothing until you allow something again.',
  none: 'nothing allowed',
  remove: 'Remove',
  removeLabel: (name: string) => `Remove ${name}`,
  removed: (name: string) => `${name} is removed. Its key opens nothing any more.`,
  takenBack: (name: string) => `${name} is as it was, and its key opens again what it did.`,
  find: 'Find an app',
  noneFits: 'No app fits.',
}

/** What another program has written into Oaklock's database. */
const doubts = {
  title: 'Another program has changed what Oaklock was told.',
  text: 'This is not in force until you confirm it:',
  review: 'Confirm…',
  askTitle: 'Is all of this as you want it?',
  ask: 'Confirm only if you know why it was changed, for example because you have put back a backup. It then holds as it stands:',
  askElse: 'If not, cancel, and revoke or allow anew what is listed here.',
  confirm: 'Put it in force',
  confirmed: 'Confirmed. It is in force as it stands.',
  find: 'Look through these changes',
  noneFits: 'No change fits.',
}

const keys = {
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
  lastUsed: (at: number, now: number) => `last used ${ago(at, now)}`,
  neverUsed: 'never used',
  trouble: {
    gone: 'Not used: something other than Oaklock has taken this key away. Add the key again, or remove it here.',
    damaged: 'Not used: the file of this key is damaged. Add the key again.',
    limit: 'Not used: another program may have changed its limits. Set them anew.',
    no_provider: 'Not used: its provider was removed. Remove the key, or add the provider again.',
    changed: 'Not used: another program has changed this entry. Add the key again.',
    elsewhere_file:
      'Not used: this key lies in the encrypted file, and keys are read from the keychain now. Add it again, or choose the file again.',
    elsewhere_keychain:
      'Not used: this key lies in the keychain, and keys are read from the encrypted file now. Add it again, or choose the keychain again.',
  } as Record<string, string>,
  moved: (endpoint: string) =>
    `Not used: the provider’s address has changed since this key was given for ${withoutUsualPort(endpoint)}. Add the key again to use it there.`,
  test: 'Test',
  testLabel: (name: string, label: string) => `Test the ${name} key ${label}`,
  testing: 'Asking the provider…',
  works: 'Works.',
  notReached: 'The provider was not reached.',
  providerAnswered: (status: number) => `The provider answered with ${status} and said nothing more.`,
  providerSays: 'The provider says:',
  remove: 'Remove',
  removeLabel: (name: string, label: string) => `Remove the ${name} key ${label}`,
  removed: (name: string, label: string) =>
    `The ${name} key “${label}” is removed. At the provider it still works until you delete it there.`,
  takenBack: (name: string, label: string) => `The ${name} key “${label}” is as it was.`,
  limitOf: (name: string, label: string) => `The ${name} key ${label}, all sites together`,
  find: 'Find a key',
  noneFits: 'No key fits.',
}

/** Keys that lie in the environment or in a file. */
const find = {
  title: 'Keys that you have elsewhere',
  environment: 'Look in the environment',
  file: 'Look in a .env file…',
  fileTitle: 'A file with API keys, such as .env',
  list: 'Found keys',
  find: 'Look through these keys',
  noneInEnvironment: 'There is no key in the environment that Oaklock was started with.',
  noneInFile: (path: string) => `There is no key that Oaklock knows in ${path}.`,
  line: (n: number) => `line ${n}`,
  take: 'Take into Oaklock',
  takeLabel: (name: string, hint: string) => `Take into Oaklock: the ${name} key that ends in ${hint}`,
  taken: (label: string) => `here as ${label}`,
  stored: 'already here',
  leak: (variable: string) =>
    `${variable} is a name that build tools put into the page itself, where every visitor can read the key. If the page was ever published, make a new key at the provider.`,
  staysInFile: (path: string) =>
    `Oaklock takes a copy. The lines in ${path} stay as they are: delete them there, and in the history of the repository, when nothing else needs them.`,
  staysInEnvironment: (system: System) =>
    `Oaklock takes a copy. The variable stays set, and every program that you start can read it: take it out of where it is set, such as ${
      {
        linux: '~/.profile',
        darwin: '~/.zshrc',
        windows: 'the environment variables of your account in the Control Panel',
      }[system]
    }, when nothing else needs it.`,
}

const vault = {
  title: 'Where your keys lie',
  readyKeychain: 'In the keychain of your system.',
  readyFile: 'In a file that is encrypted with your passphrase.',
  lockedKeychain: 'Your keychain is locked.',
  lockedFile: 'The file is locked. It needs your passphrase.',
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

const activity = {
  title: 'Activity',
  intro: 'Requests that were sent on, and those that were refused. What was asked and answered is never kept.',
  empty: 'Nothing has happened yet',
  emptyText: 'As soon as a page asks, its requests appear here.',
  emptyFiltered: 'Nothing fits',
  emptyFilteredText: 'No request fits these filters. Choose others, or show everything.',
  requests: 'Requests',
  site: 'Site',
  allSites: 'All',
  provider: 'Provider',
  allProviders: 'All',
  model: 'Model',
  allModels: 'All',
  outcome: 'What happened',
  allOutcomes: 'Anything',
  served: 'Sent on to a provider',
  refused: 'Refused by Oaklock',
  said: { 4: 'The provider said no', 5: 'The provider failed' },
  why: 'Refused, cut off or failed because',
  when: 'When',
  always: 'Any time',
  today: 'Today',
  lastDays: (n: number) => `Last ${plural(n, 'day')}`,
  clear: 'Show everything',
  saveCSV: 'Save as CSV…',
  saveJSON: 'Save as JSON…',
  saveTitle: 'Where to save the log',
  written: (lines: number, percent: number) => `${plural(lines, 'line')} saved so far, about ${count(percent)} of 100`,
  saved: (lines: number, file: string) => `${plural(lines, 'line')} saved in ${file}.`,
  older: 'Older',
  newer: 'Newer',
  page: (n: number) => `Page ${count(n)}`,
  end: 'That is all that was kept.',
  times: (n: number) => `${count(n)} times`,
  columns: {
    time: 'Time',
    site: 'Site',
    provider: 'Provider',
    outcome: 'What happened',
    cost: 'Cost',
  },
  table: 'Requests, newest first',
  nothing: 'nothing',
  atMost: (cost: number) => `at most ${dollars(cost)}`,
  costUnknown: 'price not known',
  unknownTokens: 'tokens not known',
  tokensLabel: (asked: string, answered: string) => `${asked} asked, ${answered} answered`,
  unknown: 'unknown',
}

/** What the days cost. */
const costs = {
  title: 'Cost per day',
  by: 'Told apart by',
  bys: { site: 'Site', provider: 'Provider', model: 'Model' },
  span: 'How far back',
  days: (n: number) => plural(n, 'day'),
  since: (at: number, now: number) => `since ${dayOf(at, now)}`,
  requests: (n: number) => plural(n, 'request'),
  refused: (n: number) => `${count(n)} refused`,
  rest: 'all others',
  noModel: 'without a model',
  /** The agent's own name for the models of a site in a day beyond the hundredth. */
  manyModels: 'many other models',
  empty: (at: number, now: number) => `Nothing was used since ${dayOf(at, now)}.`,
  table: 'Show the numbers',
  tableLabel: 'Cost per day in numbers',
  day: 'Day',
  all: 'All',
  pick: (at: number, now: number) => `Requests of ${dayOf(at, now)}`,
  hint: 'Choose a day in the chart to see its requests.',
}

/** What happened, by Oaklock's own code. */
const outcomes = {
  bad_request: 'Refused: the request was cut short, or something in it was wrong',
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
  slept: 'Cut off: the machine went to sleep',
  interrupted: 'Cut off: Oaklock ended without warning',
  unheard: 'Refused without a word: blocked, or new sites may not ask',
  failed: 'Refused: Oaklock could not note it, so it was not sent',
}

const outcome = {
  /** The same codes for an answer that had begun. */
  cuts: {
    bad_request: 'Cut off: a message was cut short, or something in it was wrong',
    locked: 'Cut off: Oaklock was locked',
    paused: 'Cut off: Oaklock was paused',
    budget_exhausted: 'Cut off: it took more than was reserved for it',
  },
  cameToLimit: 'Cut off: it came to a limit',
  refused: (code: string) => `Refused: ${code}`,
  answered: 'Answered',
  providerNo: (status: number) => `The provider said no (${status})`,
}

const settings = {
  title: 'Settings',
  appearance: 'Appearance',
  theme: 'Theme',
  themes: { system: 'Like the system', light: 'Light', dark: 'Dark' },
  language: 'Language',
  languages: { system: 'Like the system', en: 'English', es: 'Español' },
  groups: {
    asking: 'When a site asks',
    money: 'Money',
    locking: 'Locking',
    machine: 'On this machine',
    more: 'More',
  },
  limitLost: 'nothing, until you set it anew',
  portLater: (port: number) => `Pages use ${port} until Oaklock starts again.`,
  ownValue: (name: string) => `${name}: a value of your own`,
  providers: 'Providers',
  providersHint: 'Where requests go. A key is tied to the address it was given for: another address asks for the key again.',
  findProvider: 'Find a provider',
  noProviderFits: 'No provider fits.',
  addProvider: 'Add a provider',
  addProviderTitle: 'Add a provider that speaks OpenAI’s language',
  id: 'Short name',
  idHint: 'What pages put behind /llm/, such as my-models. Small letters, digits and hyphens.',
  name: 'Name',
  baseURL: 'Base URL',
  baseURLHint: 'https, or http on this machine only.',
  auth: 'How it takes the key',
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
}

/** The settings by the agent's names: what each is called, what it means, what its values are called, and how a value of one's own
 * is called where it takes one beside those. */
const setting = {
  questions: {
    label: 'Ask me about new sites',
    help: 'Off, sites that you have not decided about hear nothing at all.',
  },
  wait: {
    label: 'How long a page waits for my answer',
    help: 'A time from 1s to 5m, such as 60s or 2m.',
    values: { '30s': '30 seconds', '60s': 'A minute', '2m': '2 minutes', '5m': '5 minutes' },
    other: 'Another time…',
  },
  default_limit: {
    label: 'The limit that a question offers',
    help: 'What you allow by hand begins with it, too. In US dollars a day, such as 1.00/day: 0.01/day to 1000.00/day.',
    values: { '0.25/day': '$0.25 a day', '1.00/day': '$1.00 a day', '5.00/day': '$5.00 a day', '20.00/day': '$20.00 a day' },
    other: 'Another limit…',
  },
  default_days: {
    label: 'For how long a question offers',
    help: 'What you allow by hand begins with that time, too. From 1 to 366 days. A page on your own machine is offered one day.',
    values: { '1': 'A day', '7': 'A week', '30': '30 days', '90': '90 days' },
    other: 'Another time…',
  },
  limit: {
    label: 'The most that all sites together may take',
    help: 'With whichever key. What each site and each key may take holds beside it.',
    values: { off: 'No limit' },
  },
  output_ceiling: {
    label: 'Longest answer when a page names none',
    help: 'In tokens, 1 to 1000000. It is written into the request, and that much is reserved.',
    values: { '2048': '2,048 tokens', '8192': '8,192 tokens', '32768': '32,768 tokens' },
    other: 'Another length…',
  },
  brake: {
    label: 'Pause a site that runs away',
    help: 'The same request over and over, error after error, a sudden cost: it waits until you let it go on.',
  },
  log_days: {
    label: 'How long each request stays in the log',
    help: 'From 31 to 3650 days. After that only the sums of each day stay.',
    values: { '31': '31 days', '90': '90 days', '365': 'A year' },
    other: 'Another time…',
  },
  port: {
    label: 'Port for pages',
    help: 'From 1024 to 65535. It changes when Oaklock starts again, and pages must then use it too.',
  },
  vault: {
    label: 'Where keys lie',
    help: 'In the keychain of your system, or in a file that a passphrase protects.',
    values: { keychain: 'System keychain', file: 'Protected file' },
  },
  proxy: {
    label: 'Proxy on the way to providers',
    help: 'It sees no key. The environment’s is that of HTTPS_PROXY, ALL_PROXY and NO_PROXY.',
    values: { off: 'None', environment: 'The environment’s' },
    other: 'An address…',
  },
  idle_lock: {
    label: 'Lock when unused for',
    help: 'After no site has used a key for this long: 1m to 168h.',
    values: { '15m': '15 minutes', '1h': 'An hour', '8h': '8 hours', '24h': 'A day', off: 'Never' },
    other: 'Another time…',
  },
  lock_on_screen_lock: { label: 'Lock when the screen is locked', help: 'Every key leaves the memory, and pages wait for you.' },
  lock_on_sleep: { label: 'Lock when the machine goes to sleep', help: 'Every key leaves the memory before it sleeps.' },
  lock_on_user_switch: { label: 'Lock when another user takes the screen', help: 'Nobody else uses your keys meanwhile.' },
  autostart: { label: 'Start when I log in', help: 'Without a window: only the agent, which waits for pages.' },
} satisfies Record<string, { label: string; help: string; values?: Record<string, string>; other?: string }>

export const en = {
  nav,
  common,
  errors,
  gone,
  failed,
  states,
  headline,
  subline,
  first,
  overview,
  question,
  stopped,
  use,
  price,
  prices,
  terms,
  limits,
  sites,
  apps,
  doubts,
  keys,
  find,
  vault,
  activity,
  costs,
  outcomes,
  outcome,
  settings,
  setting,
}

export type Words = typeof en
