// What went wrong, told from the error that the agents' client threw. Each of the four clients wraps an answer in its own
// way, so the whole chain of causes is read for the status and for the code that Oaklock puts into every refusal.

export type Trouble =
  'absent' | 'denied' | 'unanswered' | 'locked' | 'paused' | 'no_key' | 'wrong_key' | 'model' | 'limit' | 'too_big' | 'demo_gone' | 'other'

const codes: Record<string, Trouble> = {
  consent_denied: 'denied',
  consent_pending: 'unanswered',
  endpoint_denied: 'denied',
  model_denied: 'model',
  locked: 'locked',
  paused: 'paused',
  no_key: 'no_key',
  budget_exhausted: 'limit',
  rate_limited: 'limit',
  upstream_unreachable: 'demo_gone',
  upstream_timeout: 'demo_gone',
}

const statuses: Record<number, Trouble> = { 401: 'wrong_key', 402: 'limit', 403: 'denied', 408: 'unanswered', 502: 'demo_gone' }

/** All that an error and its causes say, as one text. */
function chain(error: unknown): string {
  const said: string[] = []
  const seen = new Set<unknown>()
  const visit = (value: unknown, depth: number): void => {
    if (value === null || value === undefined || seen.has(value) || depth > 6) return
    if (typeof value !== 'object') {
      said.push(String(value))
      return
    }
    seen.add(value)
    for (const name of Object.getOwnPropertyNames(value)) {
      if (name === 'stack' || name === 'headers' || name === 'rawResponse') continue
      const inner = (value as Record<string, unknown>)[name]
      if (typeof inner === 'object') visit(inner, depth + 1)
      else said.push(`${name}: ${String(inner)}`)
    }
  }
  visit(error, 0)
  return said.join('\n')
}

/**
 * The trouble in Oaklock's own words, where its code or status says too little: a limit that is less than one request can take, so
 * that waiting does not help, and a model, which Gemini's client tells from a whole site by nothing else.
 */
function exactly(trouble: Trouble, text: string): Trouble {
  if (trouble === 'limit' && /\bAsk for (?:a shorter answer|fewer)\b|has no bound\b/.test(text)) return 'too_big'
  return trouble === 'denied' && /This site is not allowed this model/.test(text) ? 'model' : trouble
}

/** state is what Oaklock says of this site now, or null when it does not answer. */
export function troubleOf(error: unknown, state: string | null): Trouble {
  if (state === null) return 'absent'
  const text = chain(error).replaceAll('\\"', '"')
  for (const [, code] of text.matchAll(/\bcode"?: ?"?([a-z_]+)/g)) {
    const trouble = codes[code ?? '']
    if (trouble) return exactly(trouble, text)
  }
  // Gemini's client drops the code and keeps the status.
  if (state === 'locked' || state === 'paused' || state === 'denied') return state
  const status = Number(/(?:\bstatus(?:Code)?: ?|\[|\bStatus )(\d{3})\b/.exec(text)?.[1])
  if (status === 423) return 'no_key' // the other two were ruled out above
  return exactly(statuses[status] ?? 'other', text)
}
