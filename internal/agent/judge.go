package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/proxy"
	"github.com/oaklock/oaklock/internal/store"
)

// judge tells every owner which rows are Oaklock's own, and the user which are not.
func (a *Agent) judge(ctx context.Context, v store.Verdict) {
	a.changes.Lock()
	defer a.changes.Unlock()
	v = a.judgeLog(ctx, v)
	proves := a.db.Seal().Proven
	a.judged.Store(true)
	a.keys.Judge(proves)
	a.apps.Judge(proves)
	if err := a.settings.judge(ctx, proves, v.Gone); err != nil {
		a.log.Error("the settings were not read again", "error", err)
	}
	a.applySettings()
	a.ledger.JudgeKeys(proves, v.Gone)
	a.brake.Judge(v.Gone)
	if slices.Contains(v.Gone, store.RowOf("setting", pausedSetting)) {
		// Somebody may want it to go on that the user has paused.
		a.pausing.Store(true)
		a.state.CompareAndSwap(uint32(proxy.On), uint32(proxy.Paused))
	}
	if err := a.openCatalogue(ctx); err != nil {
		a.log.Error("the providers were not read again", "error", err)
	}
	if err := a.openPrices(ctx); err != nil {
		a.log.Error("the prices were not read again", "error", err)
	}
	if err := a.grants.Judge(ctx, proves, v.Gone); err != nil {
		a.log.Error("a block was not saved", "error", err)
	}
	a.told.Store(true)
	a.retainNow()
	a.tellVerdict(v)
	a.changed()
}

// applySettings hands on the settings that others keep.
func (a *Agent) applySettings() {
	a.ledger.LimitAll(a.settings.limits())
	a.upstream.SetProxy(a.settings.proxy())
	a.idle.set(a.settings.idle())
}

// tellVerdict shows what is not honoured, and writes it to the log.
func (a *Agent) tellVerdict(v store.Verdict) {
	const code = "changed_outside"
	a.seal.mu.Lock()
	a.seal.doubts = v.Changed
	lost := a.seal.lost
	a.seal.mu.Unlock()
	if len(v.Changed)+len(v.Gone) == 0 {
		a.problems.remove(code)
		return
	}
	var names []string
	for _, r := range append(slices.Clone(v.Changed), v.Gone...) {
		a.log.Warn("a row of the database is not as Oaklock left it", "row", a.nameRow(r), "gone", slices.Contains(v.Gone, r))
	}
	for _, r := range v.Changed {
		names = append(names, a.nameRow(r))
	}
	p := control.Problem{Code: code, Fix: "See it with: oaklock sites list. If it is all as you want it, confirm it with: oaklock sites trust. If not, allow anew what you want."}
	switch {
	case lost:
		p.Message = "The key that Oaklock proves its own settings with is not in your keychain any more, so nothing that you allowed before is in force. Your keys at providers are not touched."
	case v.Old:
		p.Message = "The list of sites is an older copy than the one that Oaklock had last: a backup may have been put back. What you refused since may be allowed in it, so nothing in it is in force."
	case v.Whole:
		p.Message = "Another program has changed the list of sites, in a way that leaves nothing in it proven. Nothing that you allowed before is in force."
	case len(names) == 0:
		p.Message = "Another program has deleted from the list of what you decided: " + a.nameRows(v.Gone) + ". A block holds all the same."
		p.Fix = "If that was you, there is nothing to do. If not, look through your sites: oaklock sites list"
	default:
		p.Message = "Another program has changed what Oaklock was told: " + a.nameRows(v.Changed) + ". This is not in force; a block or a denial holds all the same."
	}
	a.problems.add(p)
}

// nameRows names some rows and counts the rest.
func (a *Agent) nameRows(rows []store.Row) string {
	var names []string
	for _, r := range rows {
		if name := a.nameRow(r); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return someOf(names)
}

// nameRow says what a row is, for people. Its key may have come from another program, so it is cut and quoted.
func (a *Agent) nameRow(r store.Row) string {
	key := r.Key()
	for i := range key {
		key[i] = strings.Trim(fmt.Sprintf("%.100q", key[i]), `"`)
	}
	switch r.Table {
	case "grant":
		return "the permission of " + key[0] + " for " + key[1]
	case "denial":
		return "a denial of " + key[0]
	case "block":
		return "the block of " + key[0]
	case "paused_site":
		return "the pause of " + key[0]
	case "app":
		return "the app " + key[0]
	case "credential":
		return "the entry of the key " + strings.Join(key, "/")
	case "key_limit":
		return "the limits of the key " + strings.Join(key, "/")
	case "provider_row":
		return "the address of the provider " + key[0]
	case "setting":
		switch key[0] {
		case pausedSetting:
			return "the pause"
		case priceSetting:
			return "your prices"
		}
		return "the setting " + key[0]
	case "grant_clock":
		return "the clock by which permissions end"
	}
	return r.Table
}

// provenSettings are the settings that may be in force: all of them while nothing is known yet, since nothing that a site may
// do hangs on them alone.
func (a *Agent) provenSettings(ctx context.Context) (map[string]string, error) {
	saved, err := a.db.Settings(ctx)
	return a.onlyProven("setting", saved), err
}

// provenProviderRows are the user's changes to the catalogue that may be in force.
func (a *Agent) provenProviderRows(ctx context.Context) (map[string]string, error) {
	rows, err := a.db.ProviderRows(ctx)
	return a.onlyProven("provider_row", rows), err
}

func (a *Agent) onlyProven(table string, rows map[string]string) map[string]string {
	if !a.judged.Load() {
		return rows
	}
	for name := range rows {
		if !a.db.Seal().Proven(table, name) {
			delete(rows, name)
		}
	}
	return rows
}
