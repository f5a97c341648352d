// A page of somebody who has never heard of Oaklock: a team of two agents, KaibanJS as it comes from npm, and the one
// setting that points it elsewhere.
//
//   kaiban.html?provider=openai&base=http://127.0.0.1:6255/llm/openai&model=gpt-4o-mini&streaming=1&key=oaklock&start=1
//
// provider is openai, anthropic, google or mistral. Without start=1 the team waits for window.startTeam().
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

const researcher = new Agent({
  name: 'Ada',
  role: 'Researcher',
  goal: 'Find out what matters',
  background: 'Reads a lot',
  llmConfig,
} as never)
const writer = new Agent({
  name: 'Kai',
  role: 'Writer',
  goal: 'Say it well',
  background: 'Writes for newspapers',
  llmConfig,
} as never)

const team = new Team({
  name: 'Test team',
  agents: [researcher, writer],
  tasks: [
    new Task({ description: 'Collect facts about "{topic}"', expectedOutput: 'A list of facts', agent: researcher }),
    new Task({ description: 'Write a short text about "{topic}"', expectedOutput: 'Two paragraphs', agent: writer }),
  ],
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
