package attack

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

//go:embed page.html
var pageHTML []byte

//go:embed page.js
var pageJS []byte

// stage serves the hostile sites and hears what their pages could see. Each page tries its list, tells of one try after the
// other, and goes on to the next site.
type stage struct {
	t             Target
	tell          func(Finding)
	secure, plain net.Listener
	spki          string
	servers       []*http.Server
	serving       sync.WaitGroup
	over          chan struct{} // closed when the last page has told all

	mu      sync.Mutex
	at      int // guarded by mu: the actor whose turn it is
	next    int // guarded by mu: the try of its that comes next
	reached int // guarded by mu: the provider's count before that try
	worked  bool
	closed  bool // guarded by mu: over is closed
}

func newStage(ctx context.Context, t Target, tell func(Finding)) (*stage, error) {
	s := &stage{t: t, tell: tell, over: make(chan struct{}), reached: t.Canary.Count()}
	certificate, err := s.certificate()
	if err != nil {
		return nil, fmt.Errorf("make the hostile sites' certificate: %w", err)
	}
	var lc net.ListenConfig
	raw, err := lc.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the hostile sites: %w", err)
	}
	if s.plain, err = lc.Listen(ctx, "tcp4", "127.0.0.1:0"); err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("serve the hostile sites: %w", err)
	}
	s.secure = raw
	s.serve(tls.NewListener(raw, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}))
	s.serve(s.plain)
	return s, nil
}

func (s *stage) serve(l net.Listener) {
	files := map[string]http.HandlerFunc{
		"GET /": file("text/html; charset=utf-8", pageHTML), "GET /page.js": file("text/javascript", pageJS),
		"GET /plan": s.plan, "POST /seen": s.seen, "GET /turn": s.turn, "POST /skip": s.skip,
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := files[r.Method+" "+r.URL.Path]; f != nil {
			f(w, r)
			return
		}
		http.NotFound(w, r)
	})}
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug) // browsers open connections that they do not use
	s.servers = append(s.servers, server)
	s.serving.Go(func() { _ = server.Serve(l) }) // ends with close
}

func (s *stage) close() {
	for _, server := range s.servers {
		_ = server.Close()
	}
	s.serving.Wait()
}

func file(contentType string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(content) // the browser may have gone
	}
}

// plan is what the page of the actor whose turn it is tries. The first one also opens the others, one after the other.
func (s *stage) plan(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	at := min(s.at, len(actors)-1)
	s.mu.Unlock()
	s.say(w, map[string]any{"tries": actors[at].tries, "first": at == 0, "endpoint": s.t.Endpoint,
		"rebound": "http://" + net.JoinHostPort(rebound, port(s.t.Endpoint)), "body": Body})
}

// turn is whose page is to be open now; empty when all is over.
func (s *stage) turn(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	site := ""
	if s.at < len(actors) {
		site = actors[s.at].Origin + "/"
	}
	s.mu.Unlock()
	s.say(w, site)
}

func (s *stage) say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // the browser may have gone
}

// skip goes on after a page that did not tell all it had to: the browser did not open it, or its scripts were stopped.
func (s *stage) skip(http.ResponseWriter, *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at < len(actors) {
		s.untold("The browser did not open this site.")
	}
}

// seen hears what a page could see of one try.
func (s *stage) seen(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the page went on too early, so its try stays untold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at >= len(actors) {
		return
	}
	a := actors[s.at]
	one := a.tries[s.next]
	count := s.t.Canary.Count()
	s.tell(s.judge(one, string(body), count-s.reached))
	s.reached = count
	if s.next++; s.next == len(a.tries) {
		s.goOn()
	}
}

// untold tells of what is left of the actor whose turn it is, and goes on. The caller holds mu.
func (s *stage) untold(why string) {
	for _, one := range actors[s.at].tries[s.next:] {
		s.tell(Finding{Name: one.name, Tried: one.tried, Works: one.reads, Skipped: why})
	}
	s.goOn()
}

// goOn makes it the next actor's turn. The caller holds mu.
func (s *stage) goOn() {
	if s.at, s.next = s.at+1, 0; s.at == len(actors) && !s.closed {
		s.closed = true
		close(s.over)
	}
}

// judge says how a try went, by what the page saw and by how many requests reached the provider. The caller holds mu.
func (s *stage) judge(one try, seen string, reached int) Finding {
	f := Finding{Name: one.name, Tried: one.tried, Works: one.reads}
	switch {
	case s.t.Canary.leaks(seen):
		f.Detail = "The page got the key."
	case one.reads:
		s.worked = reached == 1 && s.t.Canary.marked(seen)
		if !s.worked {
			f.Detail = "The allowed site gets no answer, so nothing is shown by refusing the others. The page saw: " + seen
		}
	case reached > 0:
		f.Detail = "It reached the provider, with the key."
	case s.t.Canary.marked(seen):
		f.Detail = "The page got the provider's answer."
	}
	f.Held = f.Detail == ""
	if !one.reads && !s.worked {
		f.Held, f.Detail = false, "The browser did not get through to Oaklock, so this shows nothing."
	}
	return f
}

// finish tells of what the browser did not come to.
func (s *stage) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.at < len(actors) {
		s.untold("The browser ended before this.")
	}
}

// certificate is for all sites, and lives for this run; the browser is told to trust its key.
func (s *stage) certificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "oaklock doctor --attack"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, a := range actors {
		if u, err := url.Parse(a.Origin); err == nil {
			template.DNSNames = append(template.DNSNames, u.Hostname())
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return tls.Certificate{}, err
	}
	sum := sha256.Sum256(public)
	s.spki = base64.StdEncoding.EncodeToString(sum[:])
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
