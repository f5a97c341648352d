package proxy

import (
	"net/http"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/provider"
)

// closed is the refusal of an endpoint that no permission opens, or that this site's does not, before anything of its body is
// looked at. Whoever may use stored data hears of a closed endpoint that it does not exist, since nothing that the user could
// widen would help.
func (x *exchange) closed() error {
	e := x.route.Endpoint
	switch e.Class {
	case provider.Never:
		return errNever
	case provider.Inference, provider.Optional:
		return nil
	case provider.Stored:
	}
	st, g := x.h.Grants.Lookup(x.origin, x.route.Provider.ID)
	switch {
	case st == grant.Granted && !g.AllowsClass(provider.Stored), st != grant.Granted && e.Closed:
		return errStored
	case e.Closed:
		return provider.ErrUnknownEndpoint
	}
	return nil
}

// reach decides about the stored data that the request names, in its path, its query and its body. Without a grant for stored
// data it may name what was issued to this very site through us; with one, whatever was not issued to another site: the
// provider itself does not tell the sites of one key apart.
func (x *exchange) reach(g *grant.Grant) error {
	class := x.route.Endpoint.Class
	x.stored = class == provider.Stored
	ids := x.route.Names(x.r.URL.RawQuery)
	whole := true // the body names nothing but ids
	if refs := x.facts.Stored; refs != nil {
		if refs.Barred {
			return errBarred
		}
		ids = append(ids[:len(ids):len(ids)], refs.IDs...)
		whole = !refs.Vague
	}
	named := len(ids)
	if x.facts.Seen != nil {
		ids = append(ids[:len(ids):len(ids)], *x.facts.Seen...)
	}
	if len(ids) == 0 {
		if !whole && !g.AllowsClass(provider.Stored) {
			return errStored
		}
		x.stored = x.stored || !whole
		return nil
	}
	owners, err := x.h.Issued.Look(x.r.Context(), x.origin, x.route.Provider.ID, ids)
	if err != nil {
		x.h.Log.Error("ids cannot be looked up", "error", err)
		return errNoLedger
	}
	if owners.Others > 0 {
		return errForeign
	}
	// Every variable of a path is looked up under two names, of which one was issued.
	x.own = whole && owners.Mine > 0 && (class == provider.Stored || owners.Mine == named)
	if x.facts.Stored != nil && !x.own && class != provider.Stored {
		x.stored = true
	}
	if x.stored && !g.AllowsClass(provider.Stored) {
		return errStored
	}
	return nil
}

// issues is what takes the ids out of the answer that are now this site's; nil where there can be none. A request that only
// looks makes nothing, but what it finds in something of the site's own is the site's too.
func (x *exchange) issues(resp *http.Response) *provider.IDs {
	if resp.StatusCode/100 != 2 || x.r.Method == http.MethodGet && !x.own {
		return nil
	}
	return x.route.IDs(resp.Header.Get("Content-Type"), x.facts, func(id string) {
		x.h.Issued.Issue(x.origin, x.route.Provider.ID, id)
	})
}
