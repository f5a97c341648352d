// A page that talks over a WebSocket with the clients as they come from npm, and the one setting that points them elsewhere.
//
//   realtime.html?client=openai-7&base=http://127.0.0.1:6255/llm/openai&model=gpt-realtime&turns=2&stay=1
//
// client is openai-6, openai-7 or google. It asks for an answer as often as turns says, and is finished when it has them and has
// said goodbye; with stay=1 it is running then, and errored when somebody else ends it. The result is JSON.
import { GoogleGenAI, Modality, type LiveServerMessage } from '@google/genai'
import OpenAI6 from 'openai-6'
import { OpenAIRealtimeWebSocket as Realtime6 } from 'openai-6/realtime/websocket'
import OpenAI7 from 'openai-7'
import { OpenAIRealtimeWebSocket as Realtime7 } from 'openai-7/realtime/websocket'
import { describe, report } from './report'

const query = new URLSearchParams(location.search)
const base = query.get('base') ?? ''
const model = query.get('model') ?? ''
const turns = Number(query.get('turns') ?? '1')
const stay = query.get('stay') === '1'
const apiKey = 'oaklock-dummy'

const seen = { text: '', protocol: '', answers: 0, code: 0, reason: '' }

/** Says how it stands when an answer has come; true when there is nothing more to ask. */
function answered(): boolean {
  seen.answers++
  if (seen.answers < turns) return false
  if (stay) report('running', JSON.stringify(seen))
  return !stay
}

function closed(event: { code: number; reason: string }): void {
  Object.assign(seen, { code: event.code, reason: event.reason })
  report(seen.answers >= turns && !stay ? 'finished' : 'errored', JSON.stringify(seen))
}

/** What the two generations of the client have in common. */
interface Conversation {
  on(event: 'session.created' | 'response.done', heard: () => void): unknown
  on(event: 'response.output_text.delta', heard: (event: { delta: string }) => void): unknown
  on(event: 'error', heard: (error: Error) => void): unknown
  send(event: unknown): void
  socket: WebSocket
}

function converse(talk: Conversation): void {
  const ask = (): void => {
    talk.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Grüße' }] },
    })
    talk.send({ type: 'response.create' })
  }
  talk.on('session.created', () => {
    talk.send({ type: 'session.update', session: { type: 'realtime', model, output_modalities: ['text'] } })
    ask()
  })
  talk.on('response.output_text.delta', (event) => (seen.text += event.delta))
  talk.on('response.done', () => {
    if (answered()) talk.socket.close(1000, 'done')
    else if (seen.answers < turns) ask()
  })
  talk.on('error', (error) => (seen.text += describe(error)))
  talk.socket.addEventListener('open', () => (seen.protocol = talk.socket.protocol))
  talk.socket.addEventListener('close', closed)
}

const settings = { baseURL: base, apiKey, dangerouslyAllowBrowser: true }

/** Before that it dials wss: unless the page says otherwise. */
function six(): void {
  const onURL = (url: URL): void => {
    url.protocol = 'ws:'
  }
  converse(new Realtime6({ model, dangerouslyAllowBrowser: true, onURL }, new OpenAI6(settings)) as unknown as Conversation)
}

/** Version 7 came to take wss: only (by 7.20), so that the page has to change the address behind its back. */
function seven(): void {
  const there = new URL(base)
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(String(url).replace(`wss://${there.host}/`, `ws://${there.host}/`), protocols)
    }
  }
  converse(new Realtime7({ model, dangerouslyAllowBrowser: true }, new OpenAI7(settings)) as unknown as Conversation)
}

async function google(): Promise<void> {
  const ai = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: base } })
  const ask = (): void => session.sendClientContent({ turns: [{ role: 'user', parts: [{ text: 'Grüße' }] }], turnComplete: true })
  const session = await ai.live.connect({
    model,
    config: { responseModalities: [Modality.TEXT] },
    callbacks: {
      onmessage: (message: LiveServerMessage) => {
        for (const part of message.serverContent?.modelTurn?.parts ?? []) seen.text += part.text ?? ''
        if (!message.serverContent?.turnComplete) return
        if (answered()) session.close()
        else if (seen.answers < turns) ask()
      },
      onclose: closed,
    },
  })
  ask()
}

report('waiting')
const clients: Record<string, () => void | Promise<void>> = { 'openai-6': six, 'openai-7': seven, google }
void Promise.resolve()
  .then(clients[query.get('client') ?? ''])
  .catch((error: unknown) => report('errored', describe(error)))
