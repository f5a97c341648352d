package grant

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
)

// Site is one origin with all that was decided about it.
type Site struct {
	Origin      origin.Origin
	Blocked     bool
	DeniedUntil time.Time // the latest of its providers; zero if none is in force
	Denials     []Denial  // those in force, by provider
	LastUsed    time.Time
	Grants      []SiteGrant // by provider; also expired ones until they are revoked
}

// Denial is a no that is in force.
type Denial struct {
	Provider string
	Until    time.Time
}

// SiteGrant is one grant of a site.
type SiteGrant struct {
	*Grant
	LastUsed time.Time
	Expired  bool
	Unproven bool // it stands in the database, but Oaklock did not write it: it gives nothing
}

// Sites are all origins with a grant, an expired one too, a block, or a denial in force; first the one that was last used
// or last decided about.
func (b *Book) Sites() []Site {
	b.mu.RLock()
	defer b.mu.RUnlock()
	now, _ := b.clock.read(b.wall())
	type dated struct {
		Site
		at time.Time
	}
	var all []dated
	for o, s := range b.sites {
		d := dated{Site{Origin: o, Blocked: !s.blocked.IsZero()}, s.blocked}
		for _, h := range s.grants {
			g := SiteGrant{h.Grant, h.lastUsed(), h.expired(now), h.proof.Load() == unproven}
			d.Grants = append(d.Grants, g)
			d.LastUsed = later(d.LastUsed, g.LastUsed)
			d.at = later(d.at, later(g.LastUsed, g.Given))
		}
		slices.SortFunc(d.Grants, func(x, y SiteGrant) int { return strings.Compare(x.Provider, y.Provider) })
		for id, x := range s.denials {
			if now < x.until {
				d.Denials = append(d.Denials, Denial{id, b.clock.wall(x.until)})
				d.DeniedUntil = later(d.DeniedUntil, b.clock.wall(x.until))
				d.at = later(d.at, b.clock.wall(x.last))
			}
		}
		slices.SortFunc(d.Denials, func(x, y Denial) int { return strings.Compare(x.Provider, y.Provider) })
		if d.Blocked || len(d.Grants) > 0 || !d.DeniedUntil.IsZero() {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(x, y dated) int {
		return cmp.Or(y.at.Compare(x.at), strings.Compare(x.Origin.String(), y.Origin.String()))
	})
	sites := make([]Site, len(all))
	for i, d := range all {
		sites[i] = d.Site
	}
	return sites
}

// Refused says whether the origin is blocked, or was denied something that still counts.
func (b *Book) Refused(o origin.Origin) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.sites[o]
	return s != nil && (!s.blocked.IsZero() || len(s.denials) > 0)
}

func later(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}
