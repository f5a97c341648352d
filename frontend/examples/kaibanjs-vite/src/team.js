import './quiet.js'
import { Agent, Task, Team } from 'kaibanjs'

/** Runs the team; step is called with a line for each thing that an agent does. Rejects with the first error. */
export function run(llmConfig, topic, step) {
  const researcher = new Agent({
    name: 'Ada',
    role: 'Researcher',
    goal: 'Find out what matters',
    background: 'Reads a lot',
    llmConfig,
  })
  const writer = new Agent({ name: 'Kai', role: 'Writer', goal: 'Say it well', background: 'Writes for newspapers', llmConfig })
  const team = new Team({
    name: 'Two who write',
    agents: [researcher, writer],
    tasks: [
      new Task({ description: 'Collect facts about "{topic}"', expectedOutput: 'A list of facts', agent: researcher }),
      new Task({ description: 'Write a short text about "{topic}"', expectedOutput: 'Two paragraphs', agent: writer }),
    ],
    inputs: { topic },
    env: {},
    logLevel: 'error',
  })

  return new Promise((resolve, reject) => {
    let seen = 0
    let first // the first error is the cause, the later ones say less
    team.getStore().subscribe(({ workflowLogs, teamWorkflowStatus }) => {
      for (const { logType, agent, agentStatus, metadata } of workflowLogs.slice(seen)) {
        first ??= metadata?.error
        if (logType === 'AgentStatusUpdate' && agentStatus === 'THOUGHT')
          step(`${agent.name}: ${metadata.output?.thought ?? 'has an answer'}`)
      }
      seen = workflowLogs.length
      // A task that fails leaves team.start() pending for ever.
      if (teamWorkflowStatus === 'BLOCKED' || teamWorkflowStatus === 'ERRORED') reject(first)
    })
    team.start().then(({ result }) => resolve(String(result)), reject)
  })
}
