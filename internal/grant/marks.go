package grant

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

// markKind is the kind of the marks of sites.
const markKind = "site"

// marked is what a site has left, by a mark. It takes away and never gives.
type marked struct {
	Blocked int64    `json:"blocked,omitempty"` // when, in milliseconds since 1970; 0: it is not
	Keeps   []int64  `json:"keeps,omitempty"`   // the IDs of the grants that it still has
	Last    int64    `json:"last"`              // the last ID that was given; those of later are not meant
	Denied  []denied `json:"denied,omitempty"`
}

type denied struct {
	Provider string `json:"of"`
	Count    int    `json:"n"`
	Last     int64  `json:"at"`
	Until    int64  `json:"to"`
}

// putOff lets a change that could not be written be written later, and marks it; turn must be held. It says whether the change
// now holds over a restart.
func (b *Book) putOff(o origin.Origin) bool {
	b.mu.RLock()
	m := b.markOf(b.sites[o])
	b.mu.RUnlock()
	ok := b.mark(o, m)
	if !ok && len(m.Denied) > 0 {
		m.Denied = nil // a longer mark than there is room for: what is lost so is that the site may not ask for a while
		ok = b.mark(o, m)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsaved[o] = ok
	b.nudge()
	return ok
}

func (b *Book) mark(o origin.Origin, m marked) bool {
	text, err := json.Marshal(m)
	return err == nil && b.db.Marks().Put(markKind, o.String(), text) == nil
}

// markOf is the mark of a site as it is in force, nil too; mu must be held.
func (b *Book) markOf(s *site) marked {
	m := marked{Last: b.lastID}
	if s == nil {
		return m
	}
	if !s.blocked.IsZero() {
		m.Blocked = s.blocked.UnixMilli()
	}
	for _, h := range s.grants {
		if !h.UntilQuit {
			m.Keeps = append(m.Keeps, h.ID)
		}
	}
	for p, d := range s.denials {
		m.Denied = append(m.Denied, denied{p, d.count, d.last.Milliseconds(), d.until.Milliseconds()})
	}
	return m
}

// takeMarks takes away what an earlier run could not write that was taken away. A mark that is not understood is left out.
func (b *Book) takeMarks() {
	for _, left := range b.db.Marks().Left(markKind) {
		o, err := origin.FromStored(left.Name)
		var m marked
		if err != nil || json.Unmarshal(left.Text, &m) != nil {
			b.db.Marks().Drop(markKind, left.Name)
			continue
		}
		s := b.sites[o].copy()
		for id, h := range s.grants {
			if m.Blocked != 0 || h.ID <= m.Last && !slices.Contains(m.Keeps, h.ID) {
				delete(s.grants, id)
			}
		}
		if m.Blocked != 0 {
			s.blocked = time.UnixMilli(m.Blocked)
		}
		now, _ := b.clock.read(b.wall())
		for _, d := range m.Denied {
			x := denial{count: d.Count}
			err := errors.Join((&millis{&x.last}).Scan(d.Last), (&millis{&x.until}).Scan(d.Until))
			if err == nil && (x.counts(now) > 0 || now < x.until) {
				s.denials[d.Provider] = x
			}
		}
		b.publish(o, s)
		b.unsaved[o] = true
	}
}

// Unsaved are the sites with a decision that is in force and could not be written yet. Those in lost are again what they were
// before if Oaklock ends now; of the others a mark is kept.
func (b *Book) Unsaved() (marked, lost []origin.Origin) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return store.Unsaved(b.unsaved, func(x, y origin.Origin) int { return strings.Compare(x.String(), y.String()) })
}
