// What the fake door tells of: one person's ordinary day.

import {
  noLimits,
  type FoundKey,
  type Grant,
  type Key,
  type Limits,
  type Provider,
  type Question,
  type Running,
  type Site,
  type Terms,
} from './index'

type Uses = Pick<Grant, 'used' | 'held' | 'left' | 'dayEnds' | 'weekEnds' | 'monthEnds'>

export const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const limits = (some: Partial<Limits>): Limits => ({ ...noLimits(), ...some })

/** What nobody has used yet, of limits that are not set. */
export const noUse = (now: number): Uses => ({
  used: noLimits(),
  held: noLimits(),
  left: noLimits(),
  dayEnds: now + 5 * hour,
  weekEnds: now + 3 * day,
  monthEnds: now + 12 * day,
})

const offer = (some: Partial<Terms> = {}): Terms => ({
  classes: ['inference'],
  models: ['*'],
  limits: limits({ costDay: 1_000_000 }),
  days: 7,
  expiresAt: 0,
  untilQuit: false,
  credential: '',
  ...some,
})

const question = (some: Partial<Question>): Question => ({
  id: 'q-1',
  origin: 'https://research.example',
  site: 'example',
  providers: [],
  asked: 0,
  deadline: 0,
  waiting: 1,
  granted: [],
  browser: 'Firefox',
  warnings: [],
  denials: 0,
  offer: offer(),
  ...some,
})

const wants = (id: string, name: string, model: string, stored = false) => ({
  id,
  name,
  model,
  keys: [] as string[],
  hasKey: false,
  stored,
})

export const fakeQuestions = (now: number): Question[] => [
  question({
    id: 'q-1',
    origin: 'https://research.acorns.example',
    site: 'acorns.example',
    providers: [wants('openai', 'OpenAI', 'gpt-4o-mini')],
    asked: now - 12_000,
    deadline: now + 48_000,
    waiting: 2,
  }),
  question({
    id: 'q-2',
    origin: 'http://localhost:5173',
    site: 'localhost',
    browser: 'Chromium',
    providers: [wants('anthropic', 'Anthropic', 'claude-sonnet-4-5'), wants('google', 'Google', 'gemini-2.5-flash')],
    asked: now - 4000,
    deadline: now + 56_000,
    warnings: [
      {
        code: 'localhost',
        message: 'This is a program on your own machine. Whatever else runs on that port later gets the same permission.',
      },
    ],
    offer: offer({ days: 1 }),
  }),
  question({
    id: 'q-3',
    origin: 'https://xn--80ak6aa92e.example',
    site: 'xn--80ak6aa92e.example',
    providers: [wants('mistral', 'Mistral', 'mistral-small\u202e <b>latest</b>')],
    asked: now - 2000,
    deadline: now + 58_000,
    browser: '',
    denials: 3,
  }),
  question({
    id: 'q-4',
    origin: 'https://someone.github.io',
    site: 'someone.github.io',
    browser: 'Chromium',
    providers: [wants('openai', 'OpenAI', 'gpt-4o', true)],
    asked: now - 1000,
    deadline: now + 59_000,
    warnings: [
      {
        code: 'shared_host',
        message: 'Many people share this host. Everyone who can put a page under this exact address gets the same permission.',
      },
    ],
  }),
]

export const fakeKeys = (now: number): Key[] => [
  {
    provider: 'openai',
    name: 'OpenAI',
    label: 'personal',
    hint: 'x7Qd',
    endpoint: 'https://api.openai.com',
    added: now - 40 * day,
    lastUsed: now - 3 * minute,
    vault: 'keychain',
    usable: true,
    trouble: '',
    replaced: '',
    limits: noLimits(),
    ...noUse(now),
  },
  {
    provider: 'openai',
    name: 'OpenAI',
    label: 'work',
    hint: 'M2vp',
    endpoint: 'https://api.openai.com',
    added: now - 12 * day,
    lastUsed: now - 2 * day,
    vault: 'keychain',
    usable: true,
    trouble: '',
    replaced: '',
    limits: noLimits(),
    ...noUse(now),
  },
  {
    provider: 'anthropic',
    name: 'Anthropic',
    label: 'default',
    hint: 'k9AA',
    endpoint: 'https://api.anthropic.com',
    added: now - 8 * day,
    lastUsed: now - 5 * hour,
    vault: 'keychain',
    usable: true,
    trouble: '',
    replaced: '',
    limits: { ...noLimits(), costMonth: 20_000_000 },
    ...noUse(now),
  },
  {
    provider: 'groq',
    name: 'Groq',
    label: 'default',
    hint: 'pW31',
    endpoint: 'https://old.groq.example',
    added: now - 90 * day,
    lastUsed: 0,
    vault: 'keychain',
    usable: false,
    trouble: 'moved',
    replaced: '',
    limits: noLimits(),
    ...noUse(now),
  },
]

export const manyKeys = (now: number): Key[] => [
  ...fakeKeys(now),
  ...fakeKeys(now).flatMap((key) => Array.from({ length: 6 }, (_, i) => ({ ...key, label: `${key.label}-${i + 2}` }))),
]

/** What lies in a file that somebody has written into for years. */
export const manyFound = (inFile: boolean): FoundKey[] => [
  ...fakeFound(inFile),
  ...Array.from({ length: 20 }, (_, i): FoundKey => ({
    id: `${inFile ? 'file ' : ''}${i + 2}`,
    provider: `box-${i + 1}`,
    name: `Box ${i + 1}`,
    variables: [`BOX_${i + 1}_API_KEY`],
    line: inFile ? i + 10 : 0,
    hint: `k${String(i + 1).padStart(3, '0')}`,
    label: 'default',
    stored: false,
  })),
]

export const fakeFound = (inFile: boolean): FoundKey[] => [
  {
    id: inFile ? 'file 0' : '0',
    provider: 'openai',
    name: 'OpenAI',
    variables: inFile ? ['VITE_OPENAI_API_KEY'] : ['OPENAI_API_KEY'],
    line: inFile ? 3 : 0,
    hint: 'v8Zk',
    label: 'env',
    stored: false,
  },
  {
    id: inFile ? 'file 1' : '1',
    provider: 'anthropic',
    name: 'Anthropic',
    variables: ['ANTHROPIC_API_KEY', 'CLAUDE_API_KEY'],
    line: inFile ? 4 : 0,
    hint: 'k9AA',
    label: 'default',
    stored: true,
  },
]

export const demoKey = (now: number): Key => ({
  provider: 'demo',
  name: 'Demo',
  label: 'demo',
  hint: 'demo',
  endpoint: 'http://127.0.0.1:6257',
  added: now,
  lastUsed: 0,
  vault: 'keychain',
  usable: true,
  trouble: '',
  replaced: '',
  limits: noLimits(),
  ...noUse(now),
})

export const grant = (provider: string, name: string, some: Partial<Site['grants'][number]>): Site['grants'][number] => ({
  ...offer(),
  provider,
  name,
  days: 0,
  givenAt: 0,
  givenBy: 'window',
  lastUsed: 0,
  expired: false,
  unproven: false,
  ...noUse(Date.now()),
  ...some,
})

export const fakeSites = (now: number): Site[] => [
  {
    origin: 'https://board.kaiban.example',
    site: 'kaiban.example',
    state: 'allowed',
    until: 0,
    lastUsed: now - 3 * minute,
    requests: 1204,
    grants: [
      grant('openai', 'OpenAI', {
        expiresAt: now + 5 * day,
        givenAt: now - 2 * day,
        lastUsed: now - 3 * minute,
        credential: 'personal',
      }),
      grant('anthropic', 'Anthropic', {
        models: ['claude-haiku-4-5', 'claude-sonnet-4-5'],
        limits: limits({ costWeek: 5_000_000, requestsPerMinute: 30 }),
        expiresAt: now + 26 * day,
        givenAt: now - 4 * day,
        givenBy: 'command line',
        lastUsed: now - 5 * hour,
      }),
    ],
  },
  {
    origin: 'http://localhost:6256',
    site: 'localhost',
    state: 'allowed',
    until: 0,
    lastUsed: now - 26 * hour,
    requests: 18,
    grants: [
      grant('openai', 'OpenAI', {
        untilQuit: true,
        limits: limits({ costDay: 250_000 }),
        givenAt: now - 28 * hour,
        lastUsed: now - 26 * hour,
      }),
    ],
  },
  {
    origin: 'https://notes.example',
    site: 'notes.example',
    state: 'expired',
    until: 0,
    lastUsed: now - 20 * day,
    requests: 77,
    grants: [
      grant('openai', 'OpenAI', { expired: true, expiresAt: now - 13 * day, givenAt: now - 20 * day, lastUsed: now - 14 * day }),
    ],
  },
  {
    origin: 'https://pushy.example',
    site: 'pushy.example',
    state: 'denied',
    until: now + 37 * minute,
    lastUsed: 0,
    requests: 0,
    grants: [],
  },
  {
    origin: 'https://tracker.ads.example',
    site: 'ads.example',
    state: 'blocked',
    until: 0,
    lastUsed: 0,
    requests: 0,
    grants: [],
  },
]

/** One that ran away, and one that asked for what has no price. */
export const stoppedSites = (now: number): Site[] =>
  ['https://swarm.example', 'https://research.acorns.example'].map((origin, i) => ({
    origin,
    site: origin.replace('https://', '').replace('research.', ''),
    state: i ? 'allowed' : 'paused',
    until: 0,
    lastUsed: now - (i + 1) * minute,
    requests: i ? 12 : 214,
    grants: [
      grant(i ? 'google' : 'openai', i ? 'Google' : 'OpenAI', {
        expiresAt: now + 3 * day,
        givenAt: now - 4 * day,
        lastUsed: now - (i + 1) * minute,
      }),
    ],
  }))

/** The same ones after another program has written to the database. */
export const doubtedSites = (now: number): Site[] =>
  fakeSites(now).map((s, i) =>
    i === 0
      ? { ...s, grants: s.grants.map((g, j) => ({ ...g, unproven: j === 1 })) }
      : i === 2
        ? {
            ...s,
            state: 'unproven',
            grants: s.grants.map((g) => ({ ...g, unproven: true, expired: false, expiresAt: now + 300 * day })),
          }
        : s,
  )

/** As many as somebody has after a year. */
export const manySites = (now: number): Site[] => [
  ...fakeSites(now),
  ...Array.from({ length: 35 }, (_, i): Site => {
    const origin = `https://app-${i + 1}.tools.example`
    const grants = [
      grant(i % 3 ? 'openai' : 'anthropic', i % 3 ? 'OpenAI' : 'Anthropic', {
        expiresAt: now + (i + 1) * day,
        givenAt: now - day,
      }),
    ]
    return { origin, site: 'tools.example', state: 'allowed', until: 0, lastUsed: now - i * hour, requests: 40 + i, grants }
  }),
]

const provider = (id: string, name: string, baseURL: string, keysPage: string): Provider => ({
  id,
  name,
  baseURL,
  default: baseURL,
  custom: false,
  keysPage,
  prefix: `http://127.0.0.1:6255/llm/${id}`,
  keys: 0,
})

export const fakeProviders = (): Provider[] => [
  provider('openai', 'OpenAI', 'https://api.openai.com/v1', 'https://platform.openai.com/api-keys'),
  provider('anthropic', 'Anthropic', 'https://api.anthropic.com', 'https://console.anthropic.com/settings/keys'),
  provider('google', 'Google', 'https://generativelanguage.googleapis.com', 'https://aistudio.google.com/apikey'),
  provider('mistral', 'Mistral', 'https://api.mistral.ai', 'https://console.mistral.ai/api-keys'),
  provider('groq', 'Groq', 'https://api.groq.com/openai/v1', 'https://console.groq.com/keys'),
  { ...provider('my-models', 'My models', 'http://127.0.0.1:11434/v1', ''), default: '', custom: true },
]

/** As many as somebody has who runs models at home. */
export const manyProviders = (): Provider[] => [
  ...fakeProviders(),
  ...Array.from({ length: 20 }, (_, i): Provider => {
    const one = provider(`box-${i + 1}`, `Box ${i + 1}`, `http://127.0.0.1:${11_500 + i}/v1`, '')
    return { ...one, default: '', custom: true }
  }),
]

export const fakeRunning = (now: number): Running[] => [
  {
    id: 'r-1',
    origin: 'https://board.kaiban.example',
    provider: 'openai',
    model: 'gpt-4o-mini',
    endpoint: 'POST /chat/completions',
    started: now - 7000,
    bytesOut: 18_420,
    cost: 2_310,
    reserved: 24_600,
  },
]
