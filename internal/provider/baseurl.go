package provider

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// CheckBaseURL says in one sentence what is wrong with a base URL that a user typed, or nil. It must be https, or http to
// this computer, and hold no user name, query or fragment. A slash at its end is fine.
func CheckBaseURL(s string) error {
	if len(s) > maxPath || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("the base URL must be plain text without blanks; write an international host name in its xn-- form")
	}
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" || u.Host == "" {
		return errors.New("that is not a web address; a base URL looks like https://api.example.com/v1")
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the base URL must begin with https://")
	}
	if u.User != nil {
		return errors.New("the base URL must not hold a user name or password")
	}
	if u.RawQuery != "" || u.ForceQuery {
		return errors.New("the base URL must not have a part after a question mark")
	}
	if u.Fragment != "" || strings.Contains(s, "#") {
		return errors.New("the base URL must not have a part after a number sign")
	}
	if err := checkHost(u); err != nil {
		return err
	}
	if path := strings.TrimSuffix(u.EscapedPath(), "/"); path != "" && !validPath(path) {
		return errors.New("the path of the base URL may have only letters, digits, and the signs / - _ . : in it")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return errors.New("the base URL must begin with https://, because over http anyone on the way could read the key; http is allowed only to this computer")
	}
	return nil
}

func checkHost(u *url.URL) error {
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
			return errors.New("the port of the base URL must be a number from 1 to 65535")
		}
	}
	host := u.Hostname()
	if strings.Contains(host, ":") {
		if a, err := netip.ParseAddr(host); err != nil || a.Zone() != "" {
			return errors.New("the base URL has an IPv6 address that cannot be used")
		}
		return nil
	}
	if strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") || strings.Contains(host, "..") ||
		strings.ContainsFunc(host, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
		}) {
		return errors.New("the base URL has a host name that cannot be used")
	}
	return nil
}

// loopback says whether a host is this computer. Only the exact name localhost: others may be sent to a name server.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// canonicalBase is the form in which a checked base URL is kept: scheme and host in lower case, no slash at the end.
func canonicalBase(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return s
	}
	return u.Scheme + "://" + strings.ToLower(u.Host) + strings.TrimSuffix(u.EscapedPath(), "/")
}

// address is what is asked of a base URL at every request.
type address struct {
	endpoint string // see KeyEndpoint
	host     string // in lower case
	here     string // the port, where the host is this computer under the names that Oaklock listens on; "" elsewhere
}

// setBase puts a base URL in force, which was checked.
func (p *Provider) setBase(base string) {
	p.BaseURL, p.at = base, address{}
	u, err := url.Parse(base)
	if err != nil {
		return // cannot be
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	p.at.host = strings.ToLower(u.Hostname())
	p.at.endpoint = u.Scheme + "://" + net.JoinHostPort(p.at.host, port)
	if a, err := netip.ParseAddr(p.at.host); p.at.host == "localhost" || err == nil && (a.Unmap() == loopback4 || a == netip.IPv6Loopback()) {
		p.at.here = port
	}
}

var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// IsListener says that requests to the provider would come to the listener for pages that is on that port of this computer.
func (p *Provider) IsListener(port string) bool { return p.at.here != "" && p.at.here == port }

// KeyEndpoint is scheme://host:port of the base URL in force, with the port always written: what a key is bound to.
func (p *Provider) KeyEndpoint() string { return p.at.endpoint }
