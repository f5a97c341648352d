// The little that the page asks Oaklock beside models: how it stands with this site. An app can do without; it makes the
// page's sentences more exact.

export type SiteState = 'ungranted' | 'pending' | 'granted' | 'denied' | 'locked' | 'paused'

/** Where Oaklock is, as "oaklock demo" knows it. */
export async function endpoint(): Promise<string> {
  const response = await fetch('/config.json')
  const config = (await response.json()) as { endpoint: string }
  return config.endpoint
}

/** null when Oaklock does not answer. A blocked site learns nothing, and that reads the same. */
export async function siteState(base: string): Promise<SiteState | null> {
  try {
    const response = await fetch(`${base}/oaklock/v1/status`, { signal: AbortSignal.timeout(5000) })
    const { state } = (await response.json()) as { state: SiteState }
    return state
  } catch {
    return null
  }
}
