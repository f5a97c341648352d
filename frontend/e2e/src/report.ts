// What a test page says about itself. The driver is told of each change as it happens; a page opened by hand shows it.

export type State = 'waiting' | 'running' | 'finished' | 'errored'

declare global {
  interface Window {
    /** Put there by the driver. */
    oaktestStatus?: (state: State, text: string) => void
  }
}

function show(id: string, text: string): void {
  const element = document.getElementById(id)
  if (element) element.textContent = text
}

/** The states come in order, and finished and errored come once. text is the result or the error. */
export function report(state: State, text = ''): void {
  show('status', state)
  if (state === 'finished') show('result', text)
  if (state === 'errored') show('error', text)
  window.oaktestStatus?.(state, text)
}

/** Everything that an error says, down to its cause: what a page could read. */
export function describe(error: unknown): string {
  const said: string[] = []
  const seen = new Set<unknown>()
  for (let e = error; e !== undefined && e !== null && !seen.has(e);) {
    seen.add(e)
    said.push(String(e))
    if (typeof e !== 'object') break
    const own = Object.getOwnPropertyNames(e).filter((name) => name !== 'stack')
    said.push(JSON.stringify(e, own) ?? '')
    e =
      (e as { rootError?: unknown; originalError?: unknown; cause?: unknown }).rootError ??
      (e as { originalError?: unknown }).originalError ??
      (e as { cause?: unknown }).cause
  }
  return said.join('\n')
}
