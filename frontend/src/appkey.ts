// The key of an app. It is made here and not in the agent, so that no method of the agent answers one: the agent gets its sum alone.

const prefix = 'oaklock-app-'

/** A key that nobody has had before: 32 bytes of chance, as internal/appkey reads them. */
export function makeAppKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const base64 = btoa(String.fromCharCode(...bytes))
  return prefix + base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
