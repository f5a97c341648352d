package proxy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
)

// Whoever writes a page decides by these codes, so each stands in the guide for them.
func TestEveryCodeIsInTheGuide(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "page-authors.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, errors, found := strings.Cut(string(guide), "## Errors your page may read")
	errors, _, ended := strings.Cut(errors, "\n## ")
	if !found || !ended {
		t.Fatal("the guide has no chapter about errors")
	}
	all := append([]said{
		refusedBy(&ledger.LimitError{Scope: ledger.Site, Name: grant.RequestsPerMinute, Limit: 1}),
		refusedBy(&ledger.LimitError{Scope: ledger.Site, Name: grant.CostDay, Limit: 1}),
	}, refusals...)
	unread := map[string]bool{"page_gone": true, "unheard": true} // for the log: nobody is there to read them, or nobody may
	for _, s := range all {
		if !unread[s.code] && !strings.Contains(errors, "`"+s.code+"`") {
			t.Errorf("%q is not in the table of errors", s.code)
		}
	}
	if !strings.Contains(string(guide), "`"+strings.ToLower(costHeader)+"`") || !strings.Contains(string(guide), "`"+strings.ToLower(leftHeader)+"`") {
		t.Error("the headers that tell of money are not in the guide")
	}
}
