// Which view is open. It is in the address, so that a reload comes back to it.

export const routes = ['overview', 'sites', 'keys', 'activity', 'settings'] as const
export type Route = (typeof routes)[number]

const parse = (hash: string): Route => routes.find((r) => hash === '#/' + r) ?? 'overview'

export class Router {
  route = $state<Route>('overview')

  /** Follows the address; returns how to end it. */
  follow(): () => void {
    const read = () => (this.route = parse(location.hash))
    read()
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }

  go(route: Route): void {
    location.hash = '#/' + route
  }
}
