// The four ways in which models are spoken to, and the one setting that points KaibanJS at Oaklock in each.

export interface Shape {
  id: 'openai' | 'anthropic' | 'google' | 'mistral'
  name: string
  model: string
  path: string
}

export const shapes: Shape[] = [
  { id: 'openai', name: 'OpenAI', model: 'gpt-4o-mini', path: '/llm/demo' },
  { id: 'anthropic', name: 'Anthropic', model: 'claude-3-5-sonnet-20240620', path: '/llm/demo/anthropic' },
  { id: 'google', name: 'Gemini', model: 'gemini-2.5-flash', path: '/llm/demo/google' },
  { id: 'mistral', name: 'Mistral', model: 'mistral-small-latest', path: '/llm/demo/mistral' },
]

/** apiKey is demanded by the clients and means nothing; the Mistral client reads its address from serverURL alone. */
export function llmConfig(shape: Shape, endpoint: string): Record<string, string> {
  const base = endpoint + shape.path
  const config = { provider: shape.id, model: shape.model, apiBaseUrl: base, apiKey: 'oaklock' }
  return shape.id === 'mistral' ? { ...config, serverURL: base } : config
}
