// A page that uses the helper as it is packed, and as its README says.
//
//   client.html?endpoint=http://127.0.0.1:6255
//
// Go tests click on the button, and call what is put on window.
import { oaklock, type State } from '../../client/dist/index.js'
import { describe, report } from './report'

const endpoint = new URLSearchParams(location.search).get('endpoint') ?? undefined
const lock = oaklock(endpoint)
/** Every state that the page was told, in order. */
const told: State[] = []
lock.onChange((state) => told.push(state))

/** What the click came to. */
let ended: Promise<string> | undefined

document.getElementById('ask')?.addEventListener('click', () => {
  report('running')
  ended = lock.connect({ providers: ['openai'], models: ['gpt-4o-mini'], limit: { costDay: 250_000 } }).catch(describe)
})

/** How many requests this page has begun to send there, also such as never left the browser. */
const sent = () => performance.getEntriesByType('resource').filter(({ name }) => name.startsWith(lock.baseURL('').slice(0, -5))).length

async function chat(): Promise<number> {
  const response = await fetch(`${lock.baseURL('openai')}/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-mini', max_tokens: 64, messages: [{ role: 'user', content: 'Why is the sky blue?' }] }),
  })
  await response.text()
  return response.status
}

Object.assign(window, { lock, told, ended: () => ended, sent, chat })
report('waiting')
