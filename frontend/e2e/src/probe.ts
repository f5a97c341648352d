// What a page can try, and what it sees of it. Go tests call window.probe(...) through the driver, or open
//
//   probe.html?do=fetch&url=http://127.0.0.1:6255/llm/openai/models&method=GET
//
// and read the result, which is JSON.
import { describe, report } from './report'

export interface Probe {
  /** fetch, no-cors, xhr, beacon, websocket, eventsource, image, script, form, iframe, or permission */
  do: string
  url: string
  method?: string
  headers?: Record<string, string>
  body?: string
  protocols?: string[]
  /** How long an image, frame or socket may take, in milliseconds. */
  patience?: number
}

type Seen = Record<string, unknown>

async function viaFetch(p: Probe, mode: RequestMode): Promise<Seen> {
  const init: RequestInit = { mode, method: p.method ?? 'GET' }
  if (p.headers) init.headers = p.headers
  if (p.body !== undefined) init.body = p.body
  const response = await fetch(p.url, init)
  const seen: Seen = {
    type: response.type,
    status: response.status,
    statusText: response.statusText,
    url: response.url,
    redirected: response.redirected,
    headers: Object.fromEntries(response.headers),
  }
  try {
    seen.body = await response.text()
  } catch (error) {
    seen.bodyError = describe(error)
  }
  return seen
}

function viaXHR(p: Probe): Promise<Seen> {
  return new Promise((resolve) => {
    const x = new XMLHttpRequest()
    x.open(p.method ?? 'GET', p.url)
    for (const [name, value] of Object.entries(p.headers ?? {})) x.setRequestHeader(name, value)
    x.onloadend = () =>
      resolve({
        status: x.status,
        statusText: x.statusText,
        headers: x.getAllResponseHeaders(),
        body: x.responseText,
        url: x.responseURL,
      })
    x.send(p.body ?? null)
  })
}

/** What a socket or a stream of events said until it closed, or until patience ran out. */
function viaSocket(p: Probe): Promise<Seen> {
  return new Promise((resolve) => {
    const socket = new WebSocket(p.url, p.protocols ?? [])
    const messages: string[] = []
    const said: Seen = { opened: false, messages }
    const done = () => resolve({ ...said, protocol: socket.protocol })
    const timer = setTimeout(() => socket.close(), p.patience ?? 3000)
    socket.onopen = () => {
      said.opened = true
      if (p.body !== undefined) socket.send(p.body)
    }
    socket.onmessage = (event) => messages.push(String(event.data))
    socket.onclose = (event) => {
      clearTimeout(timer)
      Object.assign(said, { code: event.code, reason: event.reason, clean: event.wasClean })
      done()
    }
  })
}

function viaEventSource(p: Probe): Promise<Seen> {
  return new Promise((resolve) => {
    const source = new EventSource(p.url)
    const messages: string[] = []
    const end = (error: boolean) => {
      source.close()
      resolve({ messages, error })
    }
    source.onmessage = (event) => messages.push(String(event.data))
    source.onerror = () => end(true)
    setTimeout(() => end(false), p.patience ?? 3000)
  })
}

/** load and error are all that a page learns of an image, a script or a frame of another origin. */
function viaElement(p: Probe, element: HTMLImageElement | HTMLScriptElement | HTMLIFrameElement): Promise<Seen> {
  return new Promise((resolve) => {
    element.onload = () => resolve({ event: 'load' })
    element.onerror = () => resolve({ event: 'error' })
    setTimeout(() => resolve({ event: 'none' }), p.patience ?? 3000)
    element.src = p.url
    document.body.append(element)
  })
}

/** A form needs no permission and no preflight. Its answer is rendered in the frame, whose content the page cannot read. */
function viaForm(p: Probe): Promise<Seen> {
  return new Promise((resolve) => {
    const frame = document.createElement('iframe')
    frame.name = 'answer'
    const form = document.createElement('form')
    Object.assign(form, { method: p.method ?? 'POST', action: p.url, target: 'answer', enctype: 'text/plain' })
    const field = document.createElement('input')
    Object.assign(field, { name: p.body ?? '{"a":"', value: '"}' })
    form.append(field)
    document.body.append(frame, form)
    const read = () => {
      try {
        return frame.contentDocument?.body?.textContent ?? null
      } catch (error) {
        return describe(error)
      }
    }
    form.submit()
    frame.onload = () => resolve({ event: 'load', read: read() })
    setTimeout(() => resolve({ event: 'none', read: read() }), p.patience ?? 3000)
  })
}

async function permission(): Promise<Seen> {
  const state: Seen = {}
  for (const name of ['loopback-network', 'local-network', 'local-network-access']) {
    try {
      state[name] = (await navigator.permissions.query({ name: name as PermissionName })).state
    } catch (error) {
      state[name] = describe(error)
    }
  }
  return state
}

async function attempt(p: Probe): Promise<Seen> {
  switch (p.do) {
    case 'fetch':
      return viaFetch(p, 'cors')
    case 'no-cors':
      return viaFetch(p, 'no-cors')
    case 'xhr':
      return viaXHR(p)
    case 'beacon':
      return { queued: navigator.sendBeacon(p.url, p.body ?? '') }
    case 'websocket':
      return viaSocket(p)
    case 'eventsource':
      return viaEventSource(p)
    case 'image':
      return viaElement(p, document.createElement('img'))
    case 'script':
      return viaElement(p, document.createElement('script'))
    case 'iframe':
      return viaElement(p, document.createElement('iframe'))
    case 'form':
      return viaForm(p)
    case 'permission':
      return permission()
    default:
      throw new Error(`there is no probe called ${p.do}`)
  }
}

/** Never rejects: an error is something that the page has seen. */
async function probe(p: Probe): Promise<Seen> {
  try {
    return { probe: p.do, ...(await attempt(p)) }
  } catch (error) {
    return { probe: p.do, failed: describe(error) }
  }
}

Object.assign(window, { probe })
report('waiting')

const query = new URLSearchParams(location.search)
const what = query.get('do')
if (what) {
  report('running')
  const asked: Probe = { do: what, url: query.get('url') ?? '' }
  const method = query.get('method')
  const body = query.get('body')
  if (method) asked.method = method
  if (body !== null) asked.body = body
  void probe(asked).then((seen) => report('finished', JSON.stringify(seen)))
}
