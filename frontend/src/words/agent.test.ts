import { afterEach, expect, test } from 'vitest'
import { speak } from '../locale.svelte'
import { agentSays } from './agent'
import { agentEs } from './agent.es'

/** The sentences that Go code says to the user, with {} for whatever is put together at run time. */
function sentences(source: string): string[] {
  const found: string[] = []
  const places =
    /\b(?:Message|Fix): *|\bc\.Message, c\.Fix = |\bsay\(control\.\w+, |\bp\.(?:Message|Fix) = |\bv\.Status, v\.Message = "\w+", /g
  for (const place of source.matchAll(places)) {
    let at = place.index + place[0].length
    let text = ''
    let isSaid = false
    if (source.startsWith('fmt.Sprintf(', at)) at += 'fmt.Sprintf('.length
    for (;;) {
      const literal = /^"((?:[^"\\]|\\.)*)"/.exec(source.slice(at))
      if (literal) {
        text += (JSON.parse(literal[0]) as string).replace(/%(?:\.\d+)?[a-z]/g, '{}')
        isSaid = true
        at += literal[0].length
      } else {
        const length = lengthOf(source, at)
        if (length === 0) break
        text += '{}'
        at += length
      }
      const plus = /^\s*\+\s*/.exec(source.slice(at))
      if (!plus) break
      at += plus[0].length
    }
    if (isSaid) found.push(text)
  }
  return found
}

/** How long the operand is that begins here. */
function lengthOf(source: string, from: number): number {
  let depth = 0
  let at = from
  for (; at < source.length; at++) {
    const c = source.charAt(at)
    if ('([{'.includes(c)) depth++
    else if (')]}'.includes(c) && depth-- === 0) break
    else if (depth === 0 && (c === ',' || c === '\n' || source.startsWith(' + ', at))) break
  }
  return at - from
}

// What doctor and commands alone say is left out: examine*.go and watch.go.
const code = import.meta.glob<string>(
  [
    '../../../internal/agent/*.go',
    '../../../app/window*.go',
    '../../../app/desktop.go',
    '!../../../**/*_test.go',
    '!../../../internal/agent/examine*.go',
    '!../../../internal/agent/watch.go',
  ],
  { query: '?raw', import: 'default', eager: true },
)

afterEach(() => speak('en', ['en-GB']))

test('every sentence of the agent that the window shows has its counterpart, with what changes in it', () => {
  const said = new Set(Object.values(code).flatMap(sentences))
  expect(said.size).toBeGreaterThan(90)
  expect([...said].filter((s) => !Object.hasOwn(agentEs, s))).toEqual([])
  const holes = (s: string) => s.split('{}').length
  expect(Object.entries(agentEs).filter(([from, to]) => holes(from) !== holes(to))).toEqual([])
  // One that the agent says no more is taken out; the door of the agent has one of its own.
  const door = 'Oaklock could not do this; nothing was changed that it knows of. Its log says why.'
  expect(Object.keys(agentEs).filter((s) => !said.has(s) && s !== door)).toEqual([])
})

test.each([
  ['This is not the passphrase. Nothing was changed.', 'Esta no es la contraseña. No se cambió nada.'],
  [
    'This looks like a key of Anthropic, not of OpenAI. Nothing was saved.',
    'Esto parece una clave de Anthropic, no de OpenAI. No se guardó nada.',
  ],
  ['Incorrect API key provided.', 'Incorrect API key provided.'],
  ['constructor', 'constructor'],
])('%s', (english, spanish) => {
  expect(agentSays(english)).toBe(english)
  speak('es', ['es-ES'])
  expect(agentSays(english)).toBe(spanish)
})
