// Every sentence that the page says while it works.
import type { Trouble } from './trouble'

export interface Sentence {
  text: string
  /** What to do, in the order in which to do it; code stands in backquotes. */
  steps?: string[]
}

export const idle: Sentence = { text: 'Oaklock is running. Press Start when you are ready.' }
export const starting: Sentence = { text: 'The team asks Oaklock for a model.' }
export const working: Sentence = { text: 'Oaklock lets this site through. The team is at work.' }
export const stopped: Sentence = { text: 'Stopped. Nothing was saved.' }
export const finished: Sentence = { text: 'Done. The key was never in this page.' }
export const unfinished: Sentence = { text: 'The team has stopped without a result.', steps: ['Press Start to try again.'] }

export const waiting: Sentence = {
  text: 'Waiting for you to allow this site in Oaklock.',
  steps: ['Open Oaklock from the tray and press Allow.', 'Or, in a terminal: `oaklock pending`, then `oaklock allow ID`'],
}

const key = [
  'Paste `sk-oaklock-demo` in Oaklock under Keys → Demo.',
  'Or, in a terminal: `printf sk-oaklock-demo | oaklock keys add demo`',
]
const again = 'Then press Start again.'

export const troubles: Record<Trouble, Sentence> = {
  absent: {
    text: 'Oaklock does not answer this page.',
    steps: [
      'If it is not running, start it with `oaklock`, and then the demo again with `oaklock demo`.',
      'If it is running, see whether this site is blocked there, under Sites.',
      again,
    ],
  },
  denied: {
    text: 'Oaklock was told not to let this site through.',
    steps: ['Open Oaklock, find this site under Sites, and allow it.', again],
  },
  unanswered: {
    text: 'Nobody has answered the question in Oaklock yet.',
    steps: ['Open Oaklock and press Allow, or in a terminal: `oaklock pending`, then `oaklock allow ID`', again],
  },
  locked: {
    text: 'Oaklock is locked, so it has no key at hand.',
    steps: ['Unlock it in its window, or with `oaklock unlock`', again],
  },
  paused: { text: 'Oaklock is paused.', steps: ['Resume it from the tray, or with `oaklock resume`', again] },
  no_key: { text: 'Oaklock has no key for the demo provider yet.', steps: [...key, again] },
  wrong_key: { text: 'The demo provider does not take the key that Oaklock has for it.', steps: [...key, again] },
  model: {
    text: 'This site may not use the model that the team asks for.',
    steps: ['Open Oaklock, find this site under Sites, and allow the model there.', again],
  },
  too_big: {
    text: 'The limit that you gave this site is less than one request of the team can take, so nothing was sent.',
    steps: ['Raise it in Oaklock under Sites.', again],
  },
  limit: { text: 'The limit that you gave this site is used up.', steps: ['Widen it in Oaklock under Sites.', again] },
  demo_gone: {
    text: 'The demo provider does not answer.',
    steps: ['Start it again with `oaklock demo`, and leave that terminal open.', again],
  },
  other: { text: 'Something went wrong, and the team has stopped.', steps: ['Press Start to try again.'] },
}

export const agentLines = {
  idle: 'Has nothing to do yet.',
  asking: 'Asks the model …',
  done: 'Is done.',
  failed: 'Got no answer.',
  stopped: 'Was stopped.',
}

export const topics = ['the history of locks and keys', 'how honey bees find their way', 'why the sky is blue']
