package appkey

import (
	"context"
	"slices"
	"strings"

	"github.com/oaklock/oaklock/internal/store"
)

// markKind is the kind of the marks of apps that were removed. Such a mark has the sum of the key, so that it says nothing of an app
// that got the same name later.
const markKind = "app"

// takeMarks leaves out the apps that an earlier run removed and could not take out of the database.
func (r *Ring) takeMarks(apps []App) []App {
	for _, left := range r.db.Marks().Left(markKind) {
		at := slices.IndexFunc(apps, func(a App) bool { return a.Name() == left.Name && a.sum.String() == string(left.Text) })
		if at >= 0 {
			apps = slices.Delete(apps, at, at+1)
			r.unsaved[left.Name] = true
		} else if !r.unsaved[left.Name] {
			r.db.Marks().Drop(markKind, left.Name)
		}
	}
	return apps
}

// putOff lets a removal be written later, and marks it. It says whether the removal now holds over a restart.
func (r *Ring) putOff(gone App) bool {
	ok := r.db.Marks().Put(markKind, gone.Name(), []byte(gone.sum.String())) == nil
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsaved[gone.Name()] = ok
	return ok
}

// saved follows a write after which the database has nothing any more of an app that was removed.
func (r *Ring) saved(name string) {
	r.mu.Lock()
	_, was := r.unsaved[name]
	delete(r.unsaved, name)
	r.mu.Unlock()
	if was {
		r.db.Marks().Drop(markKind, name)
	}
}

// Unsaved are the names of apps that were removed and are still in the database. Those in lost are there again if Oaklock ends now;
// of the others a mark is kept.
func (r *Ring) Unsaved() (marked, lost []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return store.Unsaved(r.unsaved, strings.Compare)
}

// SaveLate tries again to take out of the database what was removed. What cannot be written stays as it is.
func (r *Ring) SaveLate(ctx context.Context) error {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	marked, lost := r.Unsaved()
	for _, name := range append(marked, lost...) {
		if err := r.forget(ctx, name); err != nil {
			return err
		}
		r.saved(name)
	}
	return nil
}
