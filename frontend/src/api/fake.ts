// A host that lives in the browser tab: the whole interface runs without the agent, in "npm run dev" and in the browser tests.
// It keeps the promises of the real door that the interface builds on, and no more. It never gets into the window: main.ts
// loads it only in development and in the build of the tests.

import {
  DoorError,
  noLimits,
  type AddKey,
  type Door,
  type Entry,
  type FoundKey,
  type Grant,
  type Key,
  type Limits,
  type Price,
  type Provider,
  type Question,
  type Setting,
  type Site,
  type State,
  type Terms,
} from './index'
import { fakeAppDoor, fakeApps, manyApps, sitesOfApps } from './fake-apps'
import {
  demoKey,
  doubtedSites,
  fakeFound,
  manyFound,
  fakeKeys,
  fakeProviders,
  fakeQuestions,
  fakeRunning,
  fakeSites,
  manyKeys,
  manyProviders,
  manySites,
  minute,
  noUse,
  stoppedSites,
} from './fake-data'
import {
  fakeOverLimit,
  manyOverLimit,
  fakePaused,
  fakePrice,
  fakePrices,
  heldBy,
  inDoubt,
  limitsOf,
  sumUp,
  todayOf,
  useOf,
  withKeyUse,
  withUse,
} from './fake-money'
import { fakeLog, fits, usageOf } from './fake-log'
import { fakeSettings } from './fake-settings'

/** Which story the fake tells at first. */
export type Scene =
  | 'full'
  | 'empty'
  | 'question'
  | 'queue'
  | 'locked'
  | 'paused'
  | 'no-keychain'
  | 'gone'
  | 'broken'
  | 'first'
  | 'unsaved'
  | 'many'
  | 'stopped' // sites that came to a limit or ran away
  | 'stuck' // nothing is ever answered
  | 'loading' // lists are on their way for ever
  | 'failing' // lists fail
  | 'doubted' // another program has changed what was allowed

/** What tests may do with the fake beside the door. */
export interface FakeHost extends Door {
  /** Every call of a door's method with its argument, the newest last; keys are left out. */
  readonly calls: { name: string; arg: unknown }[]
  ask(question: Partial<Question>): void
  timeOut(id: string): void
  vanish(): void
  /** Waits until no call is under way. */
  quiet(): Promise<void>
  /** What a notification's Open does. */
  show(): void
  /** From now on a log is saved no further than this says; with 100 of 100 it is saved. */
  saved(lines: number, percent: number): void
  /** Makes what runs cost more, of which the real agent says nothing by itself. */
  grow(id: string, cost: number): void
}

const no = (code: string, message: string): never => {
  throw new DoorError(code, message)
}

/** The scene, and settings that are not as usual by their names. */
export function fakeDoor(scene: Scene = 'full', changed: Record<string, string> = {}): FakeHost {
  const now = Date.now()
  const filled = scene !== 'empty' && scene !== 'first' && scene !== 'no-keychain'
  let mode: State['state'] = scene === 'paused' ? 'paused' : scene === 'locked' || scene === 'no-keychain' ? 'locked' : 'on'
  let isGone = scene === 'gone'
  let vault: State['vault'] =
    scene === 'no-keychain'
      ? { kind: 'keychain', status: 'unavailable', message: 'There is no keychain on this machine that Oaklock could use.' }
      : { kind: scene === 'locked' ? 'file' : 'keychain', status: scene === 'locked' ? 'locked' : 'ready', message: '' }
  let questions: Question[] =
    scene === 'question' || scene === 'unsaved' ? fakeQuestions(now).slice(0, 1) : scene === 'queue' ? fakeQuestions(now) : []
  let missed: Question[] = filled
    ? [{ ...fakeQuestions(now)[3]!, id: 'q-missed', asked: now - 42 * minute, deadline: 0, waiting: 0 }]
    : []
  if (scene === 'queue') questions = questions.slice(0, 3)
  let running = filled && mode === 'on' ? fakeRunning(now) : []
  let keys: Key[] = scene === 'many' ? manyKeys(now) : filled ? fakeKeys(now) : []
  let aside: Key[] = []
  let found: FoundKey[] = []
  let sites: Site[] =
    scene === 'many'
      ? manySites(now)
      : scene === 'doubted'
        ? doubtedSites(now)
        : scene === 'stopped'
          ? [...fakeSites(now), ...stoppedSites(now)]
          : filled
            ? fakeSites(now)
            : []
  const apps = scene === 'many' ? manyApps(now) : filled ? fakeApps(now) : []
  if (filled) sites = [...sites, ...sitesOfApps(now)]
  let entries: Entry[] = filled ? fakeLog(now) : []
  const spent = usageOf(entries)
  let overLimit = scene === 'stopped' ? fakeOverLimit(now) : scene === 'many' ? manyOverLimit(now) : []
  let isSlow = false
  let told: (lines: number, percent: number) => void = () => {}
  let whole = () => {}
  let prices = scene === 'empty' ? [] : fakePrices()
  let halted = scene === 'stopped' ? fakePaused(now) : []
  let doubts = scene === 'doubted' ? inDoubt : []
  const usualLimit = filled ? '60.00/month' : 'off'
  let overall = limitsOf(changed.limit ?? usualLimit)
  const providers: Provider[] = scene === 'many' ? manyProviders() : fakeProviders()
  const usual: Record<string, string> = { limit: usualLimit, ...(scene === 'first' ? {} : { first_steps: 'done' }) }
  const settings: Setting[] = fakeSettings().map((s) => ({ ...s, value: changed[s.name] ?? usual[s.name] ?? s.value }))
  const problems: State['problems'] = filled
    ? [
        {
          code: 'no_tray',
          message: 'Your desktop shows no tray icons, so Oaklock has none.',
          fix: 'Keep this window, or run “oaklock” to open it. An extension such as AppIndicator brings the icons back.',
        },
      ]
    : []
  if (scene === 'doubted') {
    problems.push({
      code: 'changed_outside',
      message: `Another program has changed what Oaklock was told: ${inDoubt.join(', ')}. This is not in force; a block or a denial holds all the same.`,
      fix: 'See it with: oaklock sites list. If it is all as you want it, confirm it with: oaklock sites trust. If not, allow anew what you want.',
    })
  }

  let demo: State['demo'] = { running: false, page: '' }

  const listeners = new Set<() => void>()
  const showListeners = new Set<() => void>()
  const calls: FakeHost['calls'] = []
  const look = () => {
    for (const listener of [...listeners]) setTimeout(listener)
  }

  let underWay = 0

  /** Answers like the real door: later, as a copy, and only while there is somebody to answer. */
  async function answer<T>(name: string, arg: unknown, f: () => T, changes = true): Promise<T> {
    calls.push({ name, arg })
    const isList = !changes && name !== 'state'
    if (scene === 'stuck' || (scene === 'loading' && isList && name !== 'settings')) await new Promise(() => {})
    underWay++
    await new Promise((done) => setTimeout(done, 30))
    underWay--
    if (scene === 'failing' && isList) no('unavailable', 'The disk does not answer. Nothing was changed; try again in a moment.')
    if (isGone) no('agent_gone', 'Oaklock is not running.')
    if (scene === 'broken') no('failed', 'Something went wrong inside Oaklock. The log has the details.')
    const result = f()
    if (changes) look()
    return structuredClone(result)
  }

  const providerName = (id: string) => providers.find((p) => p.id === id)?.name ?? id

  const withKeys = (q: Question): Question => ({
    ...q,
    providers: q.providers.map((p) => {
      const labels = keys.filter((k) => k.provider === p.id && k.usable).map((k) => k.label)
      return { ...p, keys: labels, hasKey: labels.length > 0 }
    }),
  })

  function give(origin: string, site: string, ids: string[], terms: Terms): void {
    if (scene === 'unsaved') {
      problems.push({
        code: 'not_saved',
        message: `Allowed until Oaklock quits, since it could not be saved: ${origin}.`,
        fix: 'Make room on the disk, or make the folder of Oaklock writable, then allow it again.',
      })
    }
    const at = Date.now()
    let found = sites.find((s) => s.origin === origin)
    if (!found) sites = [(found = { origin, site, state: 'allowed', until: 0, lastUsed: 0, requests: 0, grants: [] }), ...sites]
    found.state = 'allowed'
    found.until = 0
    const expiresAt = terms.expiresAt || (terms.days ? at + terms.days * 24 * 60 * minute : 0)
    for (const id of ids) {
      const grant: Grant = {
        ...structuredClone(terms),
        provider: id,
        name: providerName(id),
        days: 0,
        expiresAt,
        givenAt: at,
        givenBy: 'window',
        lastUsed: 0,
        expired: false,
        unproven: false,
        ...noUse(at),
      }
      found.grants = [...found.grants.filter((g) => g.provider !== id), grant]
    }
  }

  function take(id: string, ids: string[]): Question {
    const q = [...questions, ...missed].find((one) => one.id === id) ?? no('not_found', 'This question was answered already.')
    const rest = q.providers.filter((p) => ids.length > 0 && !ids.includes(p.id))
    questions = questions.flatMap((one) => (one.id !== id ? [one] : rest.length ? [{ ...one, providers: rest }] : []))
    missed = missed.filter((one) => one.id !== id)
    return q
  }

  function setState(origin: string, site: string, state: Site['state'], until = 0): void {
    let found = sites.find((s) => s.origin === origin)
    if (!found) sites = [(found = { origin, site, state, until, lastUsed: 0, requests: 0, grants: [] }), ...sites]
    found.state = state
    found.until = until
    if (state === 'blocked') {
      found.grants = []
      halted = halted.filter((p) => p.origin !== origin)
      overLimit = overLimit.filter((o) => o.origin !== origin)
      running = running.filter((r) => r.origin !== origin)
    }
  }

  function goOn(origin: string): void {
    halted = halted.filter((p) => p.origin !== origin)
    for (const s of sites) if (s.origin === origin && s.state === 'paused') s.state = 'allowed'
  }

  const needSite = (origin: string) => sites.find((s) => s.origin === origin) ?? no('not_found', 'There is no such site.')

  return {
    calls,
    ask: (q) => {
      questions = [...questions, { ...structuredClone(fakeQuestions(Date.now())[0]!), id: `q-${Date.now()}`, ...q }]
      look()
    },
    timeOut: (id) => {
      missed = [...missed, ...questions.filter((q) => q.id === id).map((q) => ({ ...q, deadline: 0, waiting: 0 }))]
      questions = questions.filter((q) => q.id !== id)
      look()
    },
    vanish: () => {
      isGone = true
      look()
    },

    quiet: async () => {
      for (let still = 0; still < 3; still = underWay ? 0 : still + 1) await new Promise((done) => setTimeout(done, 5))
    },

    saved: (lines, percent) => {
      isSlow = percent < 100
      if (isSlow) told(lines, percent)
      else whole()
    },
    show: () => showListeners.forEach((listener) => listener()),
    grow: (id, cost) => {
      running = running.map((r) => (r.id === id ? { ...r, cost: r.cost + cost } : r))
    },

    state: () =>
      answer(
        'state',
        null,
        (): State => ({
          version: '0.1.0',
          state: mode,
          lockedBy: mode === 'locked' ? (scene === 'locked' ? 'passphrase' : 'user') : '',
          endpoint: 'http://127.0.0.1:6255',
          port: 6255,
          pid: 4242,
          started: now - 3 * 60 * minute,
          home: '~/.config/oaklock',
          needsYou: questions.length + halted.length > 0,
          vault,
          problems,
          questions: questions.map(withKeys),
          missed: missed.map(withKeys),
          running,
          today: todayOf(spent, now),
          sites: sites.filter((s) => !s.origin.startsWith('app:') && s.grants.some((g) => !g.expired)).length,
          keys: keys.filter((k) => k.usable).length,
          unusableKeys: keys.filter((k) => !k.usable).length,
          demo,
          overall: { limits: overall, ...useOf(spent, overall, now, {}, heldBy(running)) },
          overLimit,
          paused: halted,
        }),
        false,
      ),

    allow: (a) =>
      answer('allow', a, () => {
        const q = take(a.id, a.providers)
        if (q.origin === demo.page)
          entries = [{ ...fakeLog(Date.now())[0]!, id: 90_000, origin: q.origin, provider: 'demo', cost: 0 }, ...entries]
        give(q.origin, q.site, a.providers.length ? a.providers : q.providers.map((p) => p.id), a.terms ?? q.offer)
      }),
    deny: (a) =>
      answer('deny', a, () => {
        const q = take(a.id, a.providers)
        setState(q.origin, q.site, 'denied', Date.now() + 10 * minute)
      }),
    block: (a) =>
      answer('block', a, () => {
        const q = take(a.id, [])
        setState(q.origin, q.site, 'blocked')
      }),

    sites: () => answer('sites', null, () => sites.map((s) => withUse(spent, s, now, running)), false),
    allowSite: (a) =>
      answer('allowSite', a, () => {
        if (!/^app:|^https:\/\/[a-z0-9.-]+(:\d+)?$|^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(a.origin)) {
          no(
            'bad_input',
            'This is not the address of a site. It looks like https://research.example, with no path behind it. Nothing was changed.',
          )
        }
        give(a.origin, a.origin.replace(/^https?:\/\//, '').replace(/:\d+$/, ''), a.providers, a.terms)
      }),
    revokeSite: (ref) =>
      answer('revokeSite', ref, () => {
        const site = needSite(ref.origin)
        site.grants = ref.provider ? site.grants.filter((g) => g.provider !== ref.provider) : []
        running = running.filter((r) => r.origin !== ref.origin)
        if (!site.grants.length) sites = sites.filter((s) => s !== site)
      }),
    denySite: (ref) => answer('denySite', ref, () => setState(ref.origin, ref.origin, 'denied', Date.now() + 10 * minute)),
    blockSite: (ref) => answer('blockSite', ref, () => setState(ref.origin, ref.origin, 'blocked')),
    unblockSite: (ref) => answer('unblockSite', ref, () => void (sites = sites.filter((s) => s.origin !== ref.origin))),

    resumeSite: (ref) =>
      answer('resumeSite', ref, () => {
        if (!halted.some((p) => p.origin === ref.origin)) no('not_found', 'This site is not paused.')
        goOn(ref.origin)
      }),

    doubts: () => answer('doubts', null, () => doubts, false),
    trust: () =>
      answer('trust', null, () => {
        doubts = []
        problems.splice(0, problems.length, ...problems.filter((p) => p.code !== 'changed_outside'))
        for (const s of sites) {
          if (s.state === 'unproven') s.state = 'allowed'
          for (const g of s.grants) g.unproven = false
        }
      }),

    ...fakeAppDoor({
      apps,
      answer,
      sites: () => sites,
      setSites: (to) => (sites = to),
      give,
      no,
    }),

    keys: () => answer('keys', null, () => keys.map((k) => withKeyUse(spent, k, now, running)), false),
    addKey: (k: AddKey) =>
      answer('addKey', { provider: k.provider, label: k.label, anyway: k.anyway }, () => {
        if (mode === 'locked') no('locked', 'Oaklock is locked. Unlock it to add a key.')
        if (k.secret.trim().length < 8) no('bad_input', 'This is too short to be a key. Nothing was saved.')
        if (!k.anyway && k.provider !== 'anthropic' && k.secret.startsWith('sk-ant-')) {
          no('doubtful', `This looks like a key of Anthropic, not of ${providerName(k.provider)}. Nothing was saved.`)
        }
        const label = k.label || 'default'
        const old = keys.find((other) => other.provider === k.provider && other.label === label)
        if (old && k.careful && !k.anyway) {
          no(
            'doubtful',
            `This would replace your ${old.name} key called “${label}”, which ends in ${old.hint}. To keep both, give this one another name. Nothing was saved.`,
          )
        }
        const key: Key = {
          provider: k.provider,
          name: providerName(k.provider),
          label,
          hint: k.secret.slice(-4),
          endpoint: new URL(providers.find((p) => p.id === k.provider)?.baseURL ?? 'https://unknown.example').origin,
          added: Date.now(),
          lastUsed: 0,
          vault: 'keychain',
          usable: true,
          trouble: '',
          replaced: '',
          limits: noLimits(),
          ...noUse(Date.now()),
        }
        keys = [...keys.filter((other) => other.provider !== k.provider || other.label !== label), key]
        return key
      }),
    testKey: (ref) =>
      answer('testKey', ref, () =>
        ref.label === 'work'
          ? { works: false, status: 401, message: 'OpenAI says: Incorrect API key provided: [redacted by Oaklock].' }
          : { works: true, status: 200, message: 'works' },
      ),
    removeKey: (ref) =>
      answer('removeKey', ref, () => {
        aside = keys.filter((k) => k.provider === ref.provider && k.label === ref.label)
        keys = keys.filter((k) => !aside.includes(k))
      }),
    takeKeyBack: (ref) => answer('takeKeyBack', ref, () => void (keys = [...aside, ...keys])),

    limitKey: (l) =>
      answer('limitKey', l, () => {
        const key = keys.find((k) => k.provider === l.provider && k.label === l.label) ?? no('not_found', 'There is no such key.')
        key.limits = l.limits
        return key
      }),

    findKeys: (where) =>
      answer(
        'findKeys',
        where,
        () => {
          const inFile = where === 'file'
          found = !where || scene === 'empty' ? [] : scene === 'many' ? manyFound(inFile) : fakeFound(inFile)
          return { where: inFile ? '/home/me/projects/board/.env' : '', keys: found }
        },
        false,
      ),
    importKey: (id, label) =>
      answer('importKey', { id, label }, () => {
        const f = found.find((one) => one.id === id) ?? no('not_found', 'There is no such key any more. Pick the file again.')
        const key: Key = { ...demoKey(Date.now()), provider: f.provider, name: f.name, label: label || f.label, hint: f.hint }
        keys = [...keys, { ...key, endpoint: 'https://api.provider.example' }]
        return key
      }),

    providers: () =>
      answer(
        'providers',
        null,
        () => providers.map((p) => ({ ...p, keys: keys.filter((k) => k.provider === p.id).length })),
        false,
      ),
    setProvider: (p) =>
      answer('setProvider', p, () => {
        const known = providers.find((one) => one.id === p.id)
        if (p.baseURL && !/^https:\/\/|^http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(p.baseURL)) {
          no('bad_input', 'The base URL must begin with https://, or with http:// on this machine only. Nothing was changed.')
        }
        if (known) {
          known.baseURL = p.baseURL || known.default
          return known
        }
        const added: Provider = {
          id: p.id,
          name: p.name || p.id,
          baseURL: p.baseURL,
          default: '',
          custom: true,
          keysPage: '',
          prefix: `http://127.0.0.1:6255/llm/${p.id}`,
          keys: 0,
        }
        providers.push(added)
        return added
      }),
    removeProvider: (id) =>
      answer('removeProvider', id, () => {
        const at = providers.findIndex((p) => p.id === id)
        if (at >= 0) providers.splice(at, 1)
      }),
    openKeysPage: (provider) => answer('openKeysPage', provider, () => undefined, false),

    prices: () => answer('prices', null, () => prices, false),
    setPrice: (p) =>
      answer('setPrice', p, () => {
        const known = prices.find((one) => one.provider === p.provider && one.model === p.model)
        const price: Price = {
          ...(known ?? { ...fakePrice(p.provider, p.model, 0, 0), known: false }),
          ...p.rates,
          edited: true,
          source: 'set by you',
        }
        prices = [...prices.filter((one) => one !== known), price]
        overLimit = overLimit.filter((o) => o.code !== 'price_unknown' || o.provider !== p.provider || o.model !== p.model)
        return price
      }),
    resetPrice: (ref) =>
      answer('resetPrice', ref, () => {
        const own = fakePrices().find((one) => one.known && one.provider === ref.provider && one.model === ref.model)
        prices = [
          ...prices.filter((one) => one.provider !== ref.provider || one.model !== ref.model),
          ...(own ? [{ ...own, edited: false }] : []),
        ]
      }),

    log: (f) => answer('log', f, () => entries.filter((e) => fits(e, f)).slice(0, f.limit || 100), false),

    exportLog: async (f, format, _title, tell) => {
      told = tell
      const saved = await answer(
        'exportLog',
        { ...f, format },
        () => ({ file: `oaklock-log.${format}`, lines: entries.filter((e) => fits(e, f)).length }),
        false,
      )
      if (isSlow) await new Promise<void>((done) => (whole = done))
      return saved
    },

    usage: (f) => answer('usage', f, () => sumUp(spent, f), false),
    raiseLimit: (r) =>
      answer('raiseLimit', r, () => {
        const name = r.limit as keyof Limits
        const stopped = overLimit
        overLimit = overLimit.filter((o) => o.scope !== r.scope || o.limit !== r.limit || o.provider !== r.provider)
        if (r.scope === 'all') overall[name] = r.to
        const limits = [
          ...keys.filter((k) => r.scope === 'key' && k.provider === r.provider && k.label === r.credential),
          ...sites
            .filter((s) => r.scope === 'site' && s.origin === r.origin)
            .flatMap((s) => s.grants.filter((g) => g.provider === r.provider)),
        ]
        for (const one of limits) one.limits = { ...one.limits, [name]: r.to }
        // Lowered again, it stops the site again.
        for (const o of fakeOverLimit(now)) {
          if (o.scope === r.scope && o.limit === r.limit && o.provider === r.provider && r.to <= o.ceiling && stopped.length < 4)
            overLimit = [o, ...overLimit]
        }
      }),

    settings: () => answer('settings', null, () => settings, false),
    setSetting: (name, value) =>
      answer('setSetting', { name, value }, () => {
        const setting = settings.find((s) => s.name === name) ?? no('not_found', 'There is no such setting.')
        if (name === 'wait' && !/^\d+(s|m)$/.test(value))
          no('bad_input', 'The setting wait was not changed: it takes a time from 1s to 5m, such as 60s.')
        setting.value = value
        if (name === 'limit') overall = limitsOf(value)
        if (name === 'vault' && value === 'file')
          vault = { kind: 'file', status: 'new', message: 'The file has no passphrase yet.' }
        return setting
      }),

    pause: () => answer('pause', null, () => void ((mode = 'paused'), (running = []))),
    resume: () => answer('resume', null, () => void (mode = 'on')),
    lock: () =>
      answer('lock', null, () => {
        mode = 'locked'
        running = []
        vault = { ...vault, status: 'locked' }
      }),
    unlock: (u) =>
      answer('unlock', { create: u.create }, () => {
        if (vault.kind === 'file' && !u.create && u.passphrase !== 'correct horse')
          no('refused', 'This is not the passphrase. Nothing was changed.')
        mode = 'on'
        vault = { ...vault, status: 'ready', message: '' }
      }),
    stopRunning: (id) => answer('stopRunning', id, () => void (running = running.filter((r) => r.id !== id))),

    startDemo: () =>
      answer('startDemo', null, () => {
        demo = { running: true, page: 'http://localhost:6256' }
        keys = [...keys, demoKey(Date.now())]
        return demo
      }),
    stopDemo: () =>
      answer('stopDemo', null, () => {
        demo = { running: false, page: '' }
        sites = sites.filter((s) => s.origin !== 'http://localhost:6256')
        keys = keys.filter((k) => k.provider !== 'demo')
      }),
    // Stands for a person who presses Start on the page that has opened.
    openDemo: () =>
      answer('openDemo', null, () => {
        const origin = demo.page
        const [asked] = fakeQuestions(Date.now())
        if (!asked || !origin || questions.some((q) => q.origin === origin)) return
        const wants = { id: 'demo', name: 'Demo', model: 'demo-model', keys: [], hasKey: false, stored: false }
        questions = [...questions, { ...asked, id: 'q-demo', origin, site: 'localhost', providers: [wants], waiting: 1 }]
      }),

    systemLanguage: () => Promise.resolve(''),

    copy: (text) => answer('copy', text, () => undefined, false),

    onShow: (listener) => {
      showListeners.add(listener)
      return () => showListeners.delete(listener)
    },
    onLook: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
