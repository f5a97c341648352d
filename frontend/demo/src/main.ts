// The page: a form, a team, a result. Where the team stands is also in data-status of the document, for tests.
import { endpoint, siteState } from './oaklock'
import { llmConfig, shapes } from './shapes'
import { members, startTeam, type Member, type Run } from './team'
import { troubleOf } from './trouble'
import * as view from './view'
import * as words from './words'

const form = view.byId<HTMLFormElement>('form')
const topic = view.byId<HTMLInputElement>('topic')
const start = view.byId<HTMLButtonElement>('start')
const stop = view.byId<HTMLButtonElement>('stop')

let base = ''
let run: Run | undefined

const chosen = () => shapes.find(({ id }) => id === new FormData(form).get('shape')) ?? shapes[0]!

function status(name: 'idle' | 'waiting' | 'running' | 'finished' | 'errored'): void {
  document.documentElement.dataset['status'] = name
}

function drawSetting(): void {
  const lines = Object.entries(llmConfig(chosen(), base)).map(([name, value]) => `  ${name}: '${value}',`)
  view.byId('setting').textContent = ['llmConfig: {', ...lines, '}'].join('\n')
}

function drawForm(): void {
  view.byId('topics').replaceChildren(...words.topics.map((value) => Object.assign(document.createElement('option'), { value })))
  topic.value = words.topics[0]!
  view.byId('shapes').replaceChildren(
    ...shapes.map(({ id, name }, i) => {
      const label = document.createElement('label')
      const input = Object.assign(document.createElement('input'), { type: 'radio', name: 'shape', value: id, checked: i === 0 })
      label.append(input, ` ${name}`)
      return label
    }),
  )
  drawSetting()
}

/** Says how Oaklock stands with this site before anything was asked of it. */
async function greet(): Promise<void> {
  const state = await siteState(base)
  if (run) return
  if (state === null) view.notice('bad', words.troubles.absent)
  else if (state === 'locked' || state === 'paused') view.notice('bad', words.troubles[state])
  else view.notice('calm', words.idle)
}

const answered = (who: Member[]) => who.some((m) => m.answers > 0)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Until the first answer comes, the reason for the silence is asked for: the user may have a question to answer. */
async function watch(mine: Run): Promise<void> {
  while (run === mine && !answered(mine.members)) {
    const state = await siteState(base)
    if (run !== mine || answered(mine.members)) return
    if (state === 'pending') {
      status('waiting')
      view.notice('ask', words.waiting)
    } else if (state === 'granted') {
      status('running')
      view.notice('busy', words.working)
    }
    await pause(700)
  }
}

async function go(): Promise<void> {
  view.result(null)
  view.notice('busy', words.starting)
  status('running')
  start.hidden = true
  stop.hidden = false
  const mine = startTeam(llmConfig(chosen(), base), topic.value.trim() || words.topics[0]!, (who) => {
    view.team(who)
    if (run && answered(who)) {
      status('running')
      view.notice('busy', words.working)
    }
  })
  run = mine
  view.team(mine.members)
  void watch(mine)
  const end = await mine.result.then(
    (text) => ({ text }),
    (error: unknown) => ({ error }),
  )
  run = undefined // from here on nobody else says where it stands
  stop.hidden = true
  if ('error' in end) await explain(end.error)
  else show(end.text)
  view.team(mine.members)
  start.hidden = false
}

function show(text: string | null): void {
  if (text === null) {
    view.notice('calm', words.stopped)
    status('idle')
  } else if (text === '' || text === 'null' || text === 'undefined') {
    view.notice('bad', words.unfinished)
    status('errored')
  } else {
    view.notice('good', words.finished)
    view.result(text)
    status('finished')
  }
}

async function explain(error: unknown): Promise<void> {
  const trouble = troubleOf(error, await siteState(base))
  const more = trouble === 'other' && error instanceof Error ? error.message : ''
  view.notice('bad', words.troubles[trouble], more.slice(0, 300))
  status('errored')
}

form.addEventListener('change', drawSetting)
form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (!start.hidden) void go()
})
stop.addEventListener('click', () => run?.stop())

status('idle')
view.team(members())
base = await endpoint()
drawForm()
await greet()
