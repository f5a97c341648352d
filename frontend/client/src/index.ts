/**
 * Helps a page to ask Oaklock for the use of its visitor's own API keys. A page needs none of this: setting the base URL is
 * enough. What it gets here are exact sentences before the first request, and one question for all that it wants.
 *
 * No key, prompt or answer passes through here.
 */

/** How this site stands with the browser and with Oaklock, the first that applies. */
export type State =
  /** The browser keeps this page from reaching the visitor's own machine; only the visitor can change that, in the site settings. */
  | 'browser-denied'
  /** The browser will ask, or is asking, whether this page may reach other apps on this device. Nothing has been sent. */
  | 'browser-prompt'
  /** Nobody answers. Oaklock is not running, or the visitor has blocked this site: a site cannot tell these two apart. */
  | 'absent'
  | 'locked'
  | 'paused'
  /** Oaklock is asking the visitor. */
  | 'pending'
  /** The visitor has said no, a while ago. */
  | 'denied'
  | 'ungranted'
  /** Allowed, and a limit that the visitor has set is reached: see the limits and what is left in {@link Status}. */
  | 'over-limit'
  | 'granted'

/** What Oaklock tells a site about itself. */
export interface Status {
  version: string
  state: string
  providers: {
    provider: string
    /** "*" stands for all. */
    models: string[]
    /** Costs are in millionths of a US dollar; 0 means that there is no such limit. */
    limits: Record<string, number>
    /** What is left of each limit, with what running requests have reserved taken off. */
    left: Record<string, number>
    /** When the periods of the limits end, in milliseconds since 1970. */
    dayEnds: number
    weekEnds: number
    monthEnds: number
    /** Milliseconds since 1970; 0 means until Oaklock quits. */
    expiresAt: number
  }[]
}

/** What a page asks for. The visitor may allow less. */
export interface Wish {
  /** One to eight, such as "openai". */
  providers: string[]
  /** All, unless some are named; 32 at most. */
  models?: string[]
  limit?: {
    /** Millionths of a US dollar a day. */
    costDay: number
  }
}

/** A refusal that is no {@link State}: `code` is that of Oaklock's errors, or `no_click`. The message is one sentence for a person. */
export class OaklockError extends Error {
  override name = 'OaklockError'
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

export interface Oaklock {
  /** What to give a library as its base URL. */
  baseURL(provider: string): string
  /**
   * How this site stands now. It makes the browser ask nothing: where it would, the answer is `browser-prompt` and nothing is
   * sent.
   */
  detect(): Promise<State>
  /**
   * Asks the visitor, first through the browser where it wants to, then through Oaklock, and resolves with how it ended:
   * `granted` only when all of the providers are. Call it from a click: a question that comes out of nowhere gets denied.
   *
   * @throws {OaklockError} `no_click` without a click; `provider_unknown`, `bad_request` and the like when the wish is wrong
   * @throws the signal's reason, when it is aborted; the question then stays with the visitor
   */
  connect(wish: Wish, signal?: AbortSignal): Promise<State>
  /** Gives back all that this site was allowed, and ends what runs. */
  release(): Promise<State>
  /** What Oaklock said last; undefined while it has said nothing. */
  status(): Status | undefined
  /**
   * Calls `listener` when the state is another than before: after each call here, when the browser's permission changes, and when the
   * visitor comes back to the page. There is no timer. Call what it returns to end it.
   */
  onChange(listener: (state: State) => void): () => void
}

/** Where Oaklock listens unless its user has chosen another port. */
const usual = 'http://127.0.0.1:6255'

/** Pages of the visitor's own machine, which browsers do not ask about. */
const onThisMachine = /^(.*\.)?localhost$|^127\.|^\[::1\]$/

/** Codes of refusals that say how the site stands. */
const codes: Record<string, State> = {
  consent_denied: 'denied',
  locked: 'locked',
  paused: 'paused',
  budget_exhausted: 'over-limit',
  rate_limited: 'over-limit',
}

/** The browser's own permission; undefined where there is none to have. */
async function permission(): Promise<PermissionStatus | undefined> {
  if (onThisMachine.test(location.hostname)) return
  try {
    return await navigator.permissions.query({ name: 'loopback-network' as PermissionName })
  } catch {
    return // This browser has no such permission.
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Where Oaklock is, such as `http://127.0.0.1:6255`; that is also the default. */
export function oaklock(endpoint = usual): Oaklock {
  const listeners = new Set<(state: State) => void>()
  let state: State | undefined
  let status: Status | undefined

  function is(now: State): State {
    if (now !== state) {
      state = now
      for (const listener of listeners) listener(now)
    }
    return now
  }

  /** A response of Oaklock, or why there is none. */
  async function call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response | State> {
    const send = () =>
      fetch(`${endpoint}/oaklock/v1/${path}`, {
        method,
        ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
        ...(signal ? { signal } : {}),
      })
    const before = (await permission())?.state
    if (before === 'denied') return 'browser-denied'
    try {
      return await send()
    } catch {
      signal?.throwIfAborted()
    }
    const after = (await permission())?.state
    if (after === 'denied' || after === 'prompt') return `browser-${after}`
    // The request that made the browser ask may not survive the question, in Firefox above all.
    if (before === 'prompt' && after === 'granted') {
      try {
        return await send()
      } catch {
        signal?.throwIfAborted()
      }
    }
    return 'absent'
  }

  /** How the site stands by a response of Oaklock. */
  async function read(response: Response | State): Promise<State> {
    if (typeof response === 'string') return is(response)
    const said = await response.json()
    if (response.ok) {
      status = said as Status
      return is(status.state.replace('_', '-') as State)
    }
    const { code, message } = said.error
    const now = codes[code]
    if (now) return is(now)
    throw new OaklockError(code, message)
  }

  async function detect(): Promise<State> {
    if ((await permission())?.state === 'prompt') return is('browser-prompt')
    return read(await call('GET', 'status'))
  }

  /** Questions under way. Whoever looks meanwhile could tell an old state after a new one. */
  let asking = 0

  async function connect(wish: Wish, signal?: AbortSignal): Promise<State> {
    if (navigator.userActivation?.isActive === false) {
      throw new OaklockError('no_click', 'A page may ask for the use of keys only when its visitor has clicked on something.')
    }
    asking++
    try {
      return await ask(wish, signal)
    } finally {
      asking--
    }
  }

  async function ask(wish: Wish, signal?: AbortSignal): Promise<State> {
    const opened = await call('POST', 'connect', wish, signal)
    if (typeof opened === 'string' || !opened.ok) return read(opened)
    const { id } = await opened.json()
    is('pending')
    for (let wait = 0; ; wait = 1000) {
      // A question that nobody answered in time stays, and is answered at once from then on.
      await pause(wait)
      signal?.throwIfAborted()
      const now = await read(await call('GET', `connect/${id}?wait=25`, undefined, signal))
      if (now === 'granted' && !wish.providers.every((p) => status?.providers.some(({ provider }) => provider === p))) {
        return is('denied')
      }
      if (now !== 'pending') return now
    }
  }

  let unwatch: (() => void) | undefined

  function watch(): () => void {
    const end = new AbortController()
    const look = () => {
      if (document.visibilityState === 'visible' && !asking) detect().catch(() => {}) // the page hears of it when it asks itself
    }
    document.addEventListener('visibilitychange', look, end)
    void permission().then((p) => p?.addEventListener('change', look, end))
    return () => end.abort()
  }

  return {
    baseURL: (provider) => `${endpoint}/llm/${provider}`,
    detect,
    connect,
    release: async () => read(await call('DELETE', 'grant')),
    status: () => status,
    onChange(listener) {
      listeners.add(listener)
      unwatch ??= watch()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        unwatch?.()
        unwatch = undefined
      }
    },
  }
}
