package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/brake"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// A site that trips one of the three wires is paused with its next request, and no other is; the page hears why, and the user with
// which numbers. One word lets it go on, and the same wire does not stop it again. With the brake off nothing of it happens.
func TestASiteThatRunsAwayIsPaused(t *testing.T) {
	t.Parallel()
	growing := func(i int) string { // as a conversation is
		return strings.Replace(chatBody, "hello", strings.Repeat("so it goes on ", 3*i), 1)
	}
	same := func(i int) string {
		return strings.Replace(chatBody, "hello", fmt.Sprintf("is it done? it is %03d", i), 1)
	}
	// Of each 50,000 tokens are the answer's, which makes 20 cents.
	dear := oaktest.Answer(200, http.Header{"Content-Type": {"application/json"}}, `{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":50000}}`)
	long := func(i int) string { return strings.Replace(growing(i), `"max_tokens":64`, `"max_tokens":50000`, 1) }
	for reason, c := range map[brake.Reason]struct {
		body   func(int) string
		fault  oaktest.Fault
		passed int // requests that get through
		count  int // those that the user is told of
		words  string
	}{
		brake.SameRequests: {same, nil, brake.Repeats - 1, brake.Repeats, "30 nearly equal requests"},
		brake.OnlyErrors:   {growing, oaktest.Failure(500, 1), brake.Failures, brake.Failures, "30 of its requests in a row failed"},
		brake.CostSurge:    {long, dear, 5, 5, "$1."},
	} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			for _, o := range []string{site, otherSite} {
				s.allowUpTo(o, 1_000_000_000)
			}
			m := control.SetPrice{Provider: "openai", Model: "gpt-4o-mini", Rates: map[string]int64{"input": 1_000_000, "output": 4_000_000}}
			s.must(s.SetPrice(t.Context(), m))
			run := func(n int) (through int, last answer) {
				t.Helper()
				for i := range n {
					s.provider.Always(c.fault)
					if last = do(s.call(t.Context(), site, http.MethodPost, chatPath, c.body(i))); last.status == http.StatusLocked {
						return i, last
					}
				}
				return n, last
			}
			const many = brake.Repeats + 10
			if n, last := run(many); n != many {
				t.Fatalf("with the brake off request %d got %v", n+1, last)
			}
			s.must(s.SetSetting(t.Context(), "brake", "on"))
			n, last := run(many)
			if n != c.passed || last.code() != "paused" || !strings.Contains(last.body, "ran away") {
				t.Fatalf("%d got through, the next got %v", n, last)
			}
			paused := s.state().Paused
			if len(paused) != 1 || paused[0].Origin != site || paused[0].Reason != string(reason) || paused[0].Count != c.count || !strings.Contains(paused[0].Message, c.words) {
				t.Errorf("the user is told %+v", paused)
			}
			s.provider.Always(nil)
			s.works(otherSite)
			if a := s.chat(site); a.status != http.StatusLocked {
				t.Errorf("any request of the site got %v", a)
			}
			s.must(nil, s.ResumeSite(t.Context(), control.SiteRef{Origin: site}))
			if n, last := run(many); n != many || len(s.state().Paused) != 0 {
				t.Errorf("after the user's word %d got through, the next got %v", n, last)
			}
		})
	}
}
