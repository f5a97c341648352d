// What the interface says: the sentences (live.ts), and the choice among them by what is so (say.ts).

export { agentSays } from './agent'
export * from './live'
export * from './say'
