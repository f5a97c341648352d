// Takes away and puts back. Taking away happens at once, so that there is nothing to wait for; putting back is a new act of the
// user, and the agent checks it like any other.

import type { Door, Grant, Site, Terms } from '../api'
import { sites as words } from '../words'
import type { Oaklock } from './oaklock.svelte'

/** What is needed to know of a site or an app to put it back. */
type Granted = Pick<Site, 'origin' | 'state' | 'grants'>

export const termsOf = ({ classes, models, limits, expiresAt, untilQuit, credential }: Grant): Terms => ({
  classes,
  models,
  limits,
  days: 0,
  expiresAt,
  untilQuit,
  credential,
})

/** What has ended stays ended, and what another program wrote was never in force: putting it back would give it. */
const inForce = (grants: Grant[]) => grants.filter((g) => !g.expired && !g.unproven)

/** Gives a site again what it had when it was looked at: these grants, or its denial or block. */
export async function putBack(door: Door, site: Granted, grants: Grant[] = site.grants): Promise<void> {
  for (const g of inForce(grants)) {
    await door.allowSite({ origin: site.origin, providers: [g.provider], terms: termsOf(g) })
  }
  if (site.state === 'denied') await door.denySite({ origin: site.origin, provider: '' })
  if (site.state === 'blocked') await door.blockSite({ origin: site.origin, provider: '' })
}

/** Takes back a block: the site is again as it was before. */
export async function unblock(door: Door, site: Granted): Promise<void> {
  await door.unblockSite({ origin: site.origin, provider: '' })
  await putBack(door, site)
}

/** Takes some of its grants from a site, and says so with the way back. */
export function revoke(oak: Oaklock, site: Granted, grants: Grant[], name = site.origin): void {
  const provider = grants.length === 1 ? (grants[0]?.provider ?? '') : ''
  const names = grants.map((g) => g.name)
  const done = site.origin.startsWith('app:') ? words.revokedApp(name, names) : words.revoked(name, names)
  const back = { undo: () => putBack(oak.door, site, grants), undone: words.putBack(name), gives: true }
  void oak.act(oak.door.revokeSite({ origin: site.origin, provider }), done, inForce(grants).length ? back : undefined)
}

/** Refuses a site for good, and says so with the way back. */
export function block(oak: Oaklock, site: Granted): void {
  void oak.act(oak.door.blockSite({ origin: site.origin, provider: '' }), words.blocked(site.origin), {
    undo: () => unblock(oak.door, site),
    undone: words.putBack(site.origin),
    gives: true,
  })
}

/** Lets a blocked or denied site ask again, and says so with the way back. */
export function release(oak: Oaklock, site: Granted): void {
  void oak.act(oak.door.unblockSite({ origin: site.origin, provider: '' }), words.unblocked(site.origin), {
    undo: () => putBack(oak.door, site, []),
    undone: words.putBack(site.origin),
  })
}
