// Puts back what was just taken away. Taking away happens at once, so that there is nothing to wait for; putting back is a new
// act of the user, and the agent checks it like any other.

import type { Door, Grant, Site, Terms } from '../api'

export const termsOf = ({ classes, models, limits, expiresAt, untilQuit, credential }: Grant): Terms => ({
  classes,
  models,
  limits,
  days: 0,
  expiresAt,
  untilQuit,
  credential,
})

/** Gives a site again what it had when it was looked at: these grants, or its denial or block. What has ended stays ended. */
export async function putBack(door: Door, site: Site, grants: Grant[] = site.grants): Promise<void> {
  for (const g of grants.filter((one) => !one.expired)) {
    await door.allowSite({ origin: site.origin, providers: [g.provider], terms: termsOf(g) })
  }
  if (site.state === 'denied') await door.denySite({ origin: site.origin, provider: '' })
  if (site.state === 'blocked') await door.blockSite({ origin: site.origin, provider: '' })
}

/** Takes back a block: the site is again as it was before. */
export async function unblock(door: Door, site: Site): Promise<void> {
  await door.unblockSite({ origin: site.origin, provider: '' })
  await putBack(door, site)
}
