import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { oaklock, OaklockError, type Oaklock, type State } from './index'

type Answer = { status?: number; body: unknown } | 'fails'

/** Plays the browser: its permission, its clicks, and an Oaklock behind fetch. */
class Page {
  permission: PermissionState | 'unknown' = 'granted'
  clicked = true
  answers: Answer[] = []
  sent: { method: string; url: string; body: unknown }[] = []
  /** Called when a request is on its way: what the visitor does meanwhile. */
  meanwhile: () => void = () => {}
  readonly change = new EventTarget()

  constructor() {
    vi.stubGlobal('fetch', this.fetch)
    Object.defineProperty(navigator, 'permissions', { configurable: true, value: { query: this.query } })
    Object.defineProperty(navigator, 'userActivation', { configurable: true, get: () => ({ isActive: this.clicked }) })
    vi.stubGlobal('location', { hostname: 'app.example' })
  }

  private readonly query = async ({ name }: { name: string }) => {
    if (name !== 'loopback-network' || this.permission === 'unknown') throw new TypeError('no such permission')
    return Object.assign(this.change, { state: this.permission })
  }

  private readonly fetch = async (url: string, init: RequestInit) => {
    this.sent.push({ method: init.method ?? '', url, body: init.body ? JSON.parse(String(init.body)) : undefined })
    this.meanwhile()
    await Promise.resolve()
    init.signal?.throwIfAborted()
    const answer = this.answers.shift()
    if (!answer || answer === 'fails') throw new TypeError('Failed to fetch')
    return new Response(JSON.stringify(answer.body), { status: answer.status ?? 200 })
  }

  says(state: string, ...providers: string[]): this {
    const all = providers.map((provider) => ({ provider, models: ['*'], limits: {}, expiresAt: 0 }))
    this.answers.push({ body: { version: '0.1.0', state, providers: all } })
    return this
  }

  refuses(status: number, code: string): this {
    this.answers.push({ status, body: { type: 'error', error: { type: 'oaklock_error', code, message: 'A sentence.' } } })
    return this
  }

  opens(): this {
    this.answers.push({ status: 202, body: { id: 'abc' } })
    return this
  }
}

let page: Page
let lock: Oaklock
let heard: State[]
let leave: () => void

beforeEach(() => {
  page = new Page()
  lock = oaklock()
  heard = []
  leave = lock.onChange((state) => heard.push(state))
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const wish = { providers: ['openai', 'mistral'], models: ['gpt-4o-mini'], limit: { costDay: 250_000 } }

describe('detect', () => {
  it.each(['ungranted', 'pending', 'granted', 'denied', 'locked', 'paused'] as const)(
    'says %s as Oaklock does',
    async (state) => {
      page.says(state)
      expect(await lock.detect()).toBe(state)
      expect(page.sent).toEqual([{ method: 'GET', url: 'http://127.0.0.1:6255/oaklock/v1/status', body: undefined }])
      expect(heard).toEqual([state])
    },
  )

  it('says over-limit', async () => {
    expect(await (page.says('over_limit', 'openai'), lock.detect())).toBe('over-limit')
  })

  it('asks nothing of a visitor whom the browser would ask', async () => {
    page.permission = 'prompt'
    expect(await lock.detect()).toBe('browser-prompt')
    expect(page.sent).toEqual([])
  })

  it('says that the browser has said no, and sends nothing', async () => {
    page.permission = 'denied'
    expect(await lock.detect()).toBe('browser-denied')
    expect(page.sent).toEqual([])
  })

  it('says so too when the visitor says no meanwhile', async () => {
    page.answers = ['fails']
    page.meanwhile = () => (page.permission = 'denied')
    expect(await lock.detect()).toBe('browser-denied')
  })

  it.each(['granted', 'unknown'] as const)('says absent where nobody answers and the permission is %s', async (permission) => {
    page.permission = permission
    page.answers = ['fails']
    expect(await lock.detect()).toBe('absent')
    expect(page.sent).toHaveLength(1)
  })

  it.each(['localhost', 'app.localhost', '127.0.0.1', '[::1]'])('does not wait for a permission on %s', async (hostname) => {
    vi.stubGlobal('location', { hostname })
    page.permission = 'prompt'
    expect(await (page.says('granted'), lock.detect())).toBe('granted')
  })

  it('believes no name that only ends in a local one', async () => {
    vi.stubGlobal('location', { hostname: 'notlocalhost' })
    page.permission = 'prompt'
    expect(await lock.detect()).toBe('browser-prompt')
  })
})

describe('connect', () => {
  it('asks once for all, waits, and says how it ended', async () => {
    vi.useFakeTimers()
    page.opens().says('pending').says('granted', 'openai', 'mistral')
    const ended = lock.connect(wish)
    await vi.runAllTimersAsync()
    expect(await ended).toBe('granted')
    expect(page.sent.map(({ method, url }) => `${method} ${url.slice(33)}`)).toEqual([
      'POST connect',
      'GET connect/abc?wait=25',
      'GET connect/abc?wait=25',
    ])
    expect(page.sent[0]?.body).toEqual(wish)
    expect(heard).toEqual(['pending', 'granted'])
    expect(lock.status()?.providers.map(({ provider }) => provider)).toEqual(['openai', 'mistral'])
  })

  it('needs a click', async () => {
    page.clicked = false
    await expect(lock.connect(wish)).rejects.toMatchObject({ name: 'OaklockError', code: 'no_click' })
    expect(page.sent).toEqual([])
  })

  it('sends again once when the browser has just let it', async () => {
    page.permission = 'prompt'
    page.meanwhile = () => (page.permission = 'granted')
    page.answers = ['fails']
    page.opens().says('granted', 'openai', 'mistral')
    expect(await lock.connect(wish)).toBe('granted')
    expect(page.sent).toHaveLength(3)
  })

  it('does so once, and not for ever', async () => {
    page.permission = 'prompt'
    page.meanwhile = () => (page.permission = 'granted')
    page.answers = ['fails', 'fails']
    expect(await lock.connect(wish)).toBe('absent')
    expect(page.sent).toHaveLength(2)
  })

  it('does not when the browser had let it all along', async () => {
    page.answers = ['fails']
    expect(await lock.connect(wish)).toBe('absent')
    expect(page.sent).toHaveLength(1)
  })

  it.each([
    ['denied', 'browser-denied'],
    ['prompt', 'browser-prompt'],
  ] as const)('says what the browser was told: %s', async (answer, state) => {
    page.permission = 'prompt'
    page.meanwhile = () => (page.permission = answer)
    page.answers = ['fails']
    expect(await lock.connect(wish)).toBe(state)
    expect(page.sent).toHaveLength(1)
  })

  it('takes a no for one of the providers as a no', async () => {
    page.opens().says('granted', 'openai')
    expect(await lock.connect(wish)).toBe('denied')
    expect(heard.at(-1)).toBe('denied')
  })

  it.each([
    [403, 'consent_denied', 'denied'],
    [423, 'locked', 'locked'],
    [423, 'paused', 'paused'],
    [402, 'budget_exhausted', 'over-limit'],
  ] as const)('%i %s is the state %s', async (status, code, state) => {
    expect(await (page.refuses(status, code), lock.connect(wish))).toBe(state)
  })

  it('throws what is wrong with the wish', async () => {
    page.refuses(404, 'provider_unknown')
    const error = await lock.connect(wish).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(OaklockError)
    expect(error).toMatchObject({ code: 'provider_unknown', message: 'A sentence.' })
    expect(heard).toEqual([])
  })

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController()
    page.opens()
    page.meanwhile = () => {
      if (page.sent.length === 2) stop.abort(new Error('enough'))
    }
    await expect(lock.connect(wish, stop.signal)).rejects.toThrow('enough')
    expect(page.sent).toHaveLength(2)
  })
})

it('gives everything back', async () => {
  page.says('ungranted')
  expect(await lock.release()).toBe('ungranted')
  expect(page.sent).toEqual([{ method: 'DELETE', url: 'http://127.0.0.1:6255/oaklock/v1/grant', body: undefined }])
})

it('knows the base URL', () => {
  expect(lock.baseURL('openai')).toBe('http://127.0.0.1:6255/llm/openai')
  expect(oaklock('http://127.0.0.1:7000').baseURL('google')).toBe('http://127.0.0.1:7000/llm/google')
})

describe('onChange', () => {
  it('tells a state once', async () => {
    page.says('granted').says('granted').says('paused')
    for (let i = 0; i < 3; i++) await lock.detect()
    expect(heard).toEqual(['granted', 'paused'])
  })

  it('hears the browser’s permission and the visitor’s return, until it ends', async () => {
    vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
    leave()
    const states: State[] = []
    lock = oaklock()
    const end = lock.onChange((state) => states.push(state))
    await new Promise((resolve) => setTimeout(resolve)) // it hears of the permission in a moment
    page.says('ungranted')
    page.change.dispatchEvent(new Event('change'))
    await vi.waitFor(() => expect(states).toEqual(['ungranted']))
    page.answers = [{ body: { version: '', state: 'locked', providers: [] } }]
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.waitFor(() => expect(states).toEqual(['ungranted', 'locked']))
    end()
    const before = page.sent.length
    document.dispatchEvent(new Event('visibilitychange'))
    page.change.dispatchEvent(new Event('change'))
    await new Promise((resolve) => setTimeout(resolve))
    expect(page.sent.length - before).toBe(0)
  })

  it('leaves it to the question under way to say how it stands', async () => {
    await new Promise((resolve) => setTimeout(resolve)) // it hears of the permission in a moment
    page.permission = 'prompt'
    page.meanwhile = () => {
      page.permission = 'granted'
      page.change.dispatchEvent(new Event('change'))
    }
    page.answers = ['fails']
    page.opens().says('granted', 'openai', 'mistral')
    expect(await lock.connect(wish)).toBe('granted')
    expect(heard).toEqual(['pending', 'granted'])
    expect(page.sent.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET'])
    page.meanwhile = () => {}
    page.says('paused')
    page.change.dispatchEvent(new Event('change'))
    await vi.waitFor(() => expect(heard.at(-1)).toBe('paused'))
  })
})
