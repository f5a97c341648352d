package oaktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// PageServer serves the pages of one origin over https on loopback. With the settings that the folder browser gives to
// Chromium, its pages count as public ones.
type PageServer struct {
	// Origin is what its pages send, such as "https://app.kaiban.test".
	Origin string
	// Port is where it listens on 127.0.0.1.
	Port int
	// SPKI is the base64 of the SHA-256 of its certificate's public key.
	SPKI string
}

// NewPageServer serves handler as origin until the test ends; nil serves the built pages of frontend/e2e.
func NewPageServer(t testing.TB, origin string, handler http.Handler) *PageServer {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" || u.Path != "" {
		t.Fatalf("%q is not an https origin", origin)
	}
	if handler == nil {
		handler = http.FileServerFS(os.DirFS(builtPages(t)))
	}
	certificate, spki := throwAway(t, u.Hostname())
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // browsers open connections that they do not use
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return &PageServer{Origin: origin, Port: server.Listener.Addr().(*net.TCPAddr).Port, SPKI: spki}
}

// builtPages is the folder that "npm run build:e2e" makes.
func builtPages(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(ModuleRoot(t), "frontend", "e2e", "dist")
	if _, err := os.Stat(filepath.Join(dir, "kaiban.html")); err != nil {
		t.Fatalf("the test pages have not been built: run \"npm ci && npm run build:e2e\" in frontend (%v)", err)
	}
	return dir
}

// ModuleRoot is the folder of go.mod, found from where the test runs.
func ModuleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("the test does not run inside the module")
		}
		dir = filepath.Dir(dir)
	}
}

// throwAway makes a certificate that lives as long as the test; nobody trusts it but by its public key.
func throwAway(t testing.TB, host string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(public)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, base64.StdEncoding.EncodeToString(sum[:])
}
