// A page of somebody who has never heard of Oaklock: a team of two agents or more, KaibanJS as it comes from npm, and the one
// setting that points it elsewhere.
//
//   kaiban.html?provider=openai&base=http://127.0.0.1:6255/llm/openai&model=gpt-4o-mini&streaming=1&key=oaklock&start=1&agents=6&parallel=1
//
// provider is openai, anthropic, google or mistral. With start=0 the team waits for window.startTeam(). With parallel
// the agents work at the same time, each on a task of its own.
import './quiet'
import { Agent, Task, Team } from 'kaibanjs'
import { describe, report } from './report'

const query = new URLSearchParams(location.search)
const provider = query.get('provider') ?? 'openai'
const base = query.get('base') ?? ''
const models: Record<string, string> = {
  openai: 'gpt-4o-mini',
  anthropic: 'claude-3-5-sonnet-20240620',
  google: 'gemini-2.5-flash',
  mistral: 'mistral-small-latest',
}

const llmConfig = {
  provider,
  model: query.get('model') ?? models[provider],
  apiKey: query.get('key') ?? 'oaklock',
  apiBaseUrl: base,
  // The Mistral client reads its address from here and not from apiBaseUrl.
  ...(provider === 'mistral' ? { serverURL: base } : {}),
  ...(query.get('streaming') ? { streaming: true } : {}),
}

const people = [
  { name: 'Ada', role: 'Researcher', goal: 'Find out what matters', background: 'Reads a lot' },
  { name: 'Kai', role: 'Writer', goal: 'Say it well', background: 'Writes for newspapers' },
  { name: 'Eve', role: 'Fact checker', goal: 'Find what is not true', background: 'Asks where a claim comes from' },
  { name: 'Sam', role: 'Editor', goal: 'Make it short and clear', background: 'Strikes out every second word' },
  { name: 'Lin', role: 'Translator', goal: 'Say it in plain words', background: 'Explains things to children' },
  { name: 'Max', role: 'Publisher', goal: 'Give it a title', background: 'Has made a magazine for years' },
]
const work = [
  { description: 'Collect facts about "{topic}"', expectedOutput: 'A list of facts' },
  { description: 'Write a short text about "{topic}"', expectedOutput: 'Two paragraphs' },
  { description: 'Check the facts about "{topic}"', expectedOutput: 'The facts that hold' },
  { description: 'Edit the text about "{topic}"', expectedOutput: 'The text, shorter' },
  { description: 'Explain "{topic}" to a child', expectedOutput: 'Three sentences' },
  { description: 'Find a title for the text about "{topic}"', expectedOutput: 'A title' },
]
const agents = people.slice(0, Number(query.get('agents') ?? 2)).map((who) => new Agent({ ...who, llmConfig } as never))

const team = new Team({
  name: 'Test team',
  agents,
  tasks: agents.map((agent, i) => new Task({ ...work[i]!, agent, allowParallelExecution: query.has('parallel') } as never)),
  inputs: { topic: query.get('topic') ?? 'why the sky is blue' },
  env: {},
})

/** The first error is the cause; KaibanJS reports it several times, each time less precisely. */
let firstError: unknown
let over = false

function end(state: 'finished' | 'errored', text: string): void {
  if (over) return
  over = true
  report(state, text)
}

team.getStore().subscribe((state) => {
  for (const log of state.workflowLogs) {
    const error = (log.metadata as { error?: unknown } | undefined)?.error
    if (error !== undefined && error !== '' && firstError === undefined) firstError = error
  }
  if (state.teamWorkflowStatus === 'ERRORED' || state.teamWorkflowStatus === 'BLOCKED') end('errored', describe(firstError))
})

async function startTeam(): Promise<void> {
  report('running')
  try {
    const { status, result } = await team.start()
    if (status === 'FINISHED') end('finished', String(result))
    else end('errored', `${status}: ${describe(firstError)}`)
  } catch (error) {
    end('errored', describe(firstError ?? error))
  }
}

Object.assign(window, { startTeam })
report('waiting')
if (query.get('start') !== '0') void startTeam()
