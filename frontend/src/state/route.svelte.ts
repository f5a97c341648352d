// Which view is open. It is in the address, so that a reload comes back to it.

export const routes = ['overview', 'sites', 'keys', 'activity', 'settings'] as const

/** What the main navigation leads to. */
export type Route = (typeof routes)[number]

/** Views that lie under another one. */
const under = { apps: 'sites', prices: 'settings' } as const
export type View = Route | keyof typeof under

const views = [...routes, ...(Object.keys(under) as (keyof typeof under)[])]

const parse = (hash: string): View => views.find((v) => hash === '#/' + v) ?? 'overview'

export class Router {
  view = $state<View>('overview')
  /** The place in the main navigation to which the view belongs. */
  route = $derived<Route>(this.view in under ? under[this.view as keyof typeof under] : (this.view as Route))

  /** Follows the address; returns how to end it. */
  follow(): () => void {
    const read = () => {
      this.view = parse(location.hash)
      document.documentElement.scrollTop = 0
    }
    read()
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }

  go(view: View): void {
    location.hash = '#/' + view
  }
}
