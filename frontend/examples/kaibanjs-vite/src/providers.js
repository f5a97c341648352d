// All that a KaibanJS app changes for Oaklock: where the provider is. The key that the page sends is thrown away.
const oaklock = `${import.meta.env.VITE_OAKLOCK ?? 'http://127.0.0.1:6255'}/llm`

export const providers = {
  demo: { provider: 'openai', model: 'gpt-4o-mini', apiBaseUrl: `${oaklock}/demo`, apiKey: 'oaklock' },
  openai: { provider: 'openai', model: 'gpt-4o-mini', apiBaseUrl: `${oaklock}/openai`, apiKey: 'oaklock' },
  anthropic: {
    provider: 'anthropic',
    model: 'claude-3-5-sonnet-20240620',
    apiBaseUrl: `${oaklock}/anthropic`,
    apiKey: 'oaklock',
  },
  google: { provider: 'google', model: 'gemini-2.5-flash', apiBaseUrl: `${oaklock}/google`, apiKey: 'oaklock' },
  // The Mistral client has another name for it.
  mistral: { provider: 'mistral', model: 'mistral-small-latest', serverURL: `${oaklock}/mistral`, apiKey: 'oaklock' },
}
