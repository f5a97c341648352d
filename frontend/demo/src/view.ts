// What is drawn. Everything that comes from a model or from Oaklock is set as text.
import type { Member } from './team'
import { agentLines, type Sentence } from './words'

export function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found as T
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className = '',
  ...inside: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...inside)
  return made
}

/** Parts in backquotes become code. */
function coded(text: string): (Node | string)[] {
  return text.split('`').map((part, i) => (i % 2 ? element('code', '', part) : part))
}

export type Tone = 'calm' | 'busy' | 'ask' | 'good' | 'bad'

/** Does nothing when it is said already, so that a screen reader hears it once. */
export function notice(tone: Tone, sentence: Sentence, more = ''): void {
  const box = byId('notice')
  const said = `${tone} ${sentence.text} ${more}`
  if (box.dataset['said'] === said) return
  box.dataset['said'] = said
  box.dataset['tone'] = tone
  box.replaceChildren(element('strong', '', sentence.text))
  for (const step of sentence.steps ?? []) box.append(element('span', 'step', ...coded(step)))
  if (more) box.append(element('span', 'step soft', `It said: “${more}”`))
}

export function team(members: Member[]): void {
  byId('team').replaceChildren(
    ...members.map((m) => {
      const line = m.mood === 'thought' || m.mood === 'idle' ? m.thought || agentLines.idle : agentLines[m.mood]
      const card = element(
        'div',
        'card member',
        element('h2', '', element('span', 'dot'), `${m.name}, ${m.role.toLowerCase()}`),
        element('p', '', line),
      )
      if (m.thought && m.mood !== 'thought') card.append(element('p', 'soft thought', `“${m.thought}”`))
      if (m.answers)
        card.append(element('p', 'soft small', `${m.answers} ${m.answers === 1 ? 'answer' : 'answers'} from the model`))
      card.dataset['mood'] = m.mood
      return card
    }),
  )
}

/** A title and paragraphs, as the writer makes them. */
export function result(text: string | null): void {
  const box = byId('result')
  box.hidden = text === null
  const paragraphs = (text ?? '').split(/\n{2,}/)
  box.replaceChildren(
    ...paragraphs.map((p, i) => {
      if (p.startsWith('# ')) return element('h2', '', p.slice(2))
      return element('p', i === paragraphs.length - 1 && i > 0 ? 'soft small' : '', p)
    }),
  )
}
