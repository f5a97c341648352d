// The team: KaibanJS as an app would use it. Nothing here knows Oaklock but for the address in llmConfig.
import './quiet'
import { Agent, Task, Team } from 'kaibanjs'

export type Mood = 'idle' | 'asking' | 'thought' | 'done' | 'failed' | 'stopped'

export interface Member {
  name: string
  role: string
  mood: Mood
  /** What it thought last. */
  thought: string
  /** How many answers of the model it has had. */
  answers: number
}

export interface Run {
  members: Member[]
  stop: () => void
  /** Resolves with the text, or with null when it was stopped; rejects with the first error of a client. */
  result: Promise<string | null>
}

export const members = (): Member[] =>
  [
    { name: 'Ada', role: 'Researcher' },
    { name: 'Kai', role: 'Writer' },
  ].map((who) => ({ ...who, mood: 'idle', thought: '', answers: 0 }))

/** changed is called after each step of an agent, also before this returns. */
export function startTeam(llmConfig: Record<string, string>, topic: string, changed: (who: Member[]) => void): Run {
  const who = members()
  const agents = [
    new Agent({ name: 'Ada', role: 'Researcher', goal: 'Find out what matters', background: 'Reads a lot', llmConfig } as never),
    new Agent({
      name: 'Kai',
      role: 'Writer',
      goal: 'Say it so that it is a pleasure to read',
      background: 'Writes for newspapers',
      llmConfig,
    } as never),
  ] as const
  const team = new Team({
    name: 'Demo team',
    agents: [...agents],
    tasks: [
      new Task({ description: 'Collect facts about "{topic}"', expectedOutput: 'A list of facts', agent: agents[0] }),
      new Task({
        description: 'Write a short text about "{topic}"',
        expectedOutput: 'A title and two paragraphs',
        agent: agents[1],
      }),
    ],
    inputs: { topic },
    env: {},
    logLevel: 'error',
  })

  let seen = 0
  let firstError: unknown
  const follow = (): void => {
    const { workflowLogs } = team.getStore().getState()
    for (const log of workflowLogs.slice(seen)) {
      const metadata = (log.metadata ?? {}) as { error?: unknown; output?: { thought?: string } }
      firstError ??= metadata.error
      if (log.logType !== 'AgentStatusUpdate') continue
      const member = who.find(({ name }) => name === log.agent.name)
      if (member) step(member, log.agentStatus, metadata.output?.thought)
    }
    seen = workflowLogs.length
    changed(who)
  }
  const unsubscribe = team.getStore().subscribe(follow)

  let stopped = false
  let giveUp: (error: unknown) => void = () => {}
  const failure = new Promise<never>((_, reject) => (giveUp = reject))
  // A blocked task leaves team.start() pending for ever, as of KaibanJS 0.23.1.
  const unwatch = team.getStore().subscribe(({ teamWorkflowStatus }) => {
    if (teamWorkflowStatus === 'BLOCKED' || teamWorkflowStatus === 'ERRORED') giveUp(firstError)
  })

  const result = Promise.race([team.start(), failure])
    .then((end) => (stopped ? null : String(end.result)))
    .catch((error: unknown) => {
      if (stopped) return null
      throw firstError ?? error
    })
    .finally(() => {
      unsubscribe()
      unwatch()
    })

  return {
    members: who,
    result,
    stop: () => {
      stopped = true
      for (const member of who) if (member.mood === 'asking' || member.mood === 'thought') member.mood = 'stopped'
      giveUp(null)
      void Promise.resolve(team.stop()).catch(() => {}) // it had ended by itself
      changed(who)
    },
  }
}

function step(member: Member, status: string, thought: string | undefined): void {
  switch (status) {
    case 'THINKING':
      member.mood = 'asking'
      break
    case 'THINKING_END':
      member.answers++
      break
    case 'THOUGHT':
      member.mood = 'thought'
      if (thought) member.thought = thought
      break
    case 'TASK_COMPLETED':
      member.mood = 'done'
      break
    case 'THINKING_ERROR':
    case 'AGENTIC_LOOP_ERROR':
    case 'MAX_ITERATIONS_ERROR':
      member.mood = 'failed'
      break
  }
}
