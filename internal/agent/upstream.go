package agent

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"
)

// newUpstream is the way to the providers: system roots, TLS 1.2 at least, names verified, HTTP/2 where offered. No
// proxy is taken from the environment, which another program could have set.
func newUpstream(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // identity is asked for, so that the redactor sees the bytes
		MaxIdleConnsPerHost:    64,
		MaxIdleConns:           256,
		IdleConnTimeout:        30 * time.Second, // less than providers keep: a POST on a connection just closed would fail
		ResponseHeaderTimeout:  10 * time.Minute, // models think for minutes before their first byte
		MaxResponseHeaderBytes: 256 << 10,
	}
}
