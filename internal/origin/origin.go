// Package origin holds the one value that names who asks: a web page's site, which is scheme, host and port, or a program
// of this machine that the user gave a key of its own (an app).
//
// Use [FromHeader] for what a browser sent: it accepts only the canonical serialised form, byte for byte, and never
// mends anything. Use [FromUser] for what a person typed or pasted: it lower-cases, converts an international name to
// punycode and drops a default port, once, and refuses everything that is more than an origin. Use [FromStored] for what
// Oaklock wrote itself, and [App] for an app by its name; no header can name one.
//
// An Origin is comparable; two origins are the same site exactly when == says so. There is no matching by prefix,
// suffix or pattern in this package, and none may be added: https://app.example and https://x.app.example are strangers.
package origin

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Kind says who may carry an origin, and so how it is treated at the door.
type Kind uint8

const (
	// Web is an https page.
	Web Kind = iota + 1
	// Loopback is an http page served from this machine: a developer's page.
	Loopback
	// Extension is a browser extension. It never asks by itself; the user adds it by hand.
	Extension
	// App is a program of this machine. It proves itself by its key, never by a header that says who it is, and it never asks.
	App
)

// Origin is a canonical serialised origin, such as https://app.example or http://localhost:5173, or an app, such as
// app:notes. The zero value is no origin at all.
type Origin struct{ s string }

// Refusals. Each sentence is fit to be shown to a person.
var (
	// ErrNull is the opaque origin of sandboxed frames, data: and file: pages.
	ErrNull = errors.New("this page has no site of its own (its origin is \"null\"), so nothing can be decided about it")
	// ErrInsecure is a page over plain http from another machine.
	ErrInsecure = errors.New("a page over plain http can be changed by anyone on the network; only https pages and pages on this machine can be allowed")
	// ErrNotCanonical is text that no browser would send as an Origin.
	ErrNotCanonical = errors.New("this is not a site's address as browsers write it, like https://app.example")
	// ErrAppName is text that cannot be the name of an app.
	ErrAppName = errors.New("the name of an app has 1 to 40 lower-case letters, digits, dots, hyphens or underscores, and begins with a letter or digit")
)

// appPrefix begins every app and no origin of a browser: a serialised origin has "://" (HTML standard, section 7.1.1).
const appPrefix = "app:"

// siteless begin what a browser shows without a site: its origin is opaque (HTML standard, section 7.1.1), or not that of its address.
var siteless = []string{"about:", "data:", "blob:", "file:", "javascript:"}

var extensionSchemes = []string{"chrome-extension", "moz-extension", "safari-web-extension"}

// FromHeader takes the value of an Origin header. The value must equal its own canonical form.
func FromHeader(v string) (Origin, error) {
	if v == "null" {
		return Origin{}, ErrNull
	}
	if len(v) > 300 { // a host name has at most 253 bytes (RFC 1035, section 2.3.4)
		return Origin{}, ErrNotCanonical
	}
	scheme, rest, ok := strings.Cut(v, "://")
	if !ok {
		return Origin{}, ErrNotCanonical
	}
	for _, s := range extensionSchemes {
		if scheme == s {
			if !extensionID(rest) {
				return Origin{}, ErrNotCanonical
			}
			return Origin{v}, nil
		}
	}
	if scheme != "https" && scheme != "http" {
		return Origin{}, ErrNotCanonical
	}
	host, port, err := splitHostPort(rest)
	if err != nil {
		return Origin{}, err
	}
	if port != "" && (scheme == "https" && port == "443" || scheme == "http" && port == "80") {
		return Origin{}, ErrNotCanonical
	}
	if !canonicalHost(host) {
		return Origin{}, ErrNotCanonical
	}
	if scheme == "http" && !loopbackHost(host) {
		return Origin{}, ErrInsecure
	}
	return Origin{v}, nil
}

// ForApp is the app of this name.
func ForApp(name string) (Origin, error) {
	if name == "" || len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" || strings.ContainsRune(".-_", rune(name[0])) {
		return Origin{}, ErrAppName
	}
	return Origin{appPrefix + name}, nil
}

// FromStored takes what [Origin.String] gave: a serialised origin or an app. It is for what Oaklock wrote itself, never for
// what came from a page.
func FromStored(v string) (Origin, error) {
	if name, ok := strings.CutPrefix(v, appPrefix); ok {
		return ForApp(name)
	}
	return FromHeader(v)
}

// FromUser takes what a person typed: letter case, an international name, a default port and one closing slash are put
// right; a path, a query, a user name or a wildcard is refused with a sentence that says so.
func FromUser(v string) (Origin, error) {
	v = strings.TrimSpace(v)
	switch {
	case v == "":
		return Origin{}, errors.New("a site is missing; write it like https://app.example")
	case v == "null":
		return Origin{}, ErrNull
	case strings.HasPrefix(v, appPrefix):
		return ForApp(v[len(appPrefix):])
	case slices.ContainsFunc(siteless, func(scheme string) bool { return strings.HasPrefix(strings.ToLower(v), scheme) }):
		return Origin{}, fmt.Errorf("a page like %q has no site of its own, so nothing can be decided about it", v)
	case strings.Contains(v, "*"):
		return Origin{}, fmt.Errorf("%q has a wildcard; Oaklock knows exact sites only, so name each one", v)
	case !strings.Contains(v, "://"):
		return Origin{}, fmt.Errorf("%q does not say https or http; write the site like https://%s", v, firstSegment(v))
	}
	u, err := url.Parse(v)
	if err != nil || u.Host == "" {
		return Origin{}, fmt.Errorf("%q is not a site's address; write it like https://app.example", v)
	}
	scheme := strings.ToLower(u.Scheme)
	switch {
	case u.User != nil:
		return Origin{}, fmt.Errorf("%q has a user name in it; a site is only scheme, host and port", v)
	case scheme != "https" && scheme != "http" && !slices.Contains(extensionSchemes, scheme):
		return Origin{}, fmt.Errorf("%q begins with %s: no page is there; a site begins with https://, or on this machine with http://", v, scheme+"://")
	case u.RawQuery != "", u.ForceQuery, u.Fragment != "", strings.HasSuffix(v, "#"):
		return Origin{}, fmt.Errorf("%q has a ? or a # in it; a site is only scheme, host and port, like %s://%s", v, scheme, strings.ToLower(u.Host))
	case u.Path != "" && u.Path != "/":
		return Origin{}, fmt.Errorf("%q has a path; a site is only scheme, host and port, like %s://%s", v, scheme, strings.ToLower(u.Host))
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
		return Origin{}, fmt.Errorf("%q names a port that there is not; a port is a number from 1 to 65535", v)
	}
	if strings.HasSuffix(host, ".") {
		return Origin{}, fmt.Errorf("%q has a dot at the end of its host, which to browsers makes it another site; write it without", v)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return Origin{}, fmt.Errorf("%q names a network zone; browsers never send one", v)
		}
		host = addr.String()
		if addr.Is6() {
			host = "[" + host + "]"
		}
	} else if numeric(host[strings.LastIndex(host, ".")+1:]) {
		return Origin{}, fmt.Errorf("%q is a number that browsers write in another way; write it like 127.0.0.1", host)
	} else if (scheme == "https" || scheme == "http") && !canonicalHost(host) { // what a browser may send can be typed, as with an underscore
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return Origin{}, fmt.Errorf("%q is not a host name that a browser could open", host)
		}
		host = ascii
	}
	if scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		port = ""
	}
	out := scheme + "://" + host
	if port != "" {
		out += ":" + port
	}
	o, err := FromHeader(out)
	if errors.Is(err, ErrNotCanonical) {
		return Origin{}, fmt.Errorf("%q is not a site's address as browsers write it, like https://app.example", v)
	}
	return o, err
}

// String is the serialised origin, as in an Origin header. It is empty for the zero value.
func (o Origin) String() string { return o.s }

// IsZero says that there is no origin.
func (o Origin) IsZero() bool { return o.s == "" }

// Kind says what carries this origin; 0 for the zero value.
func (o Origin) Kind() Kind {
	switch {
	case strings.HasPrefix(o.s, "https://"):
		return Web
	case strings.HasPrefix(o.s, "http://"):
		return Loopback
	case strings.HasPrefix(o.s, appPrefix):
		return App
	case o.s != "":
		return Extension
	}
	return 0
}

// Asks says that whoever carries this origin may make Oaklock ask the user: only pages do.
func (o Origin) Asks() bool { return o.Kind() == Web || o.Kind() == Loopback }

// Host is the host without port, as written: a name, an IPv4 address, or an IPv6 address in brackets. Of an app it is the
// name.
func (o Origin) Host() string {
	if name, ok := strings.CutPrefix(o.s, appPrefix); ok {
		return name
	}
	_, rest, _ := strings.Cut(o.s, "://")
	host, _, err := splitHostPort(rest)
	if err != nil {
		return rest
	}
	return host
}

// Loopback says that the page is served from this machine, so that any program that gets hold of its port inherits
// what it was allowed.
func (o Origin) Loopback() bool { return o.Asks() && loopbackHost(o.Host()) }

// Site is the registrable part of the host, the part that one owner controls: example.co.uk of
// https://a.b.example.co.uk. For addresses, extensions, apps and local names it is the whole host.
func (o Origin) Site() string {
	host := o.Host()
	if !o.Asks() {
		return host
	}
	if site, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return site
	}
	return host
}

// Shared says that the host lies directly under a suffix that many people share by private arrangement, such as
// github.io, where a neighbour is a stranger but the names look alike (the private part of publicsuffix.org).
func (o Origin) Shared() bool {
	if _, err := publicsuffix.EffectiveTLDPlusOne(o.Host()); err != nil || !o.Asks() {
		return false // an address, or a local name
	}
	suffix, icann := publicsuffix.PublicSuffix(o.Host())
	return !icann && strings.Contains(suffix, ".") // a rule of one label is the list's default for unknown names
}

// MarshalText writes the serialised origin.
func (o Origin) MarshalText() ([]byte, error) { return []byte(o.s), nil }

// UnmarshalText reads what [Origin.MarshalText] wrote, by the rules of [FromStored]; empty text gives the zero value.
func (o *Origin) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*o = Origin{}
		return nil
	}
	p, err := FromStored(string(b))
	if err != nil {
		return err
	}
	*o = p
	return nil
}

func firstSegment(v string) string {
	v, _, _ = strings.Cut(v, "/")
	return strings.ToLower(v)
}

// splitHostPort wants host or host:port, with an IPv6 host in brackets and the port in shortest decimal form.
func splitHostPort(s string) (host, port string, err error) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", ErrNotCanonical
		}
		host, s = s[:end+1], s[end+1:]
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, s = s[:i], s[i:]
	} else {
		host, s = s, ""
	}
	if s == "" {
		return host, "", nil
	}
	if s[0] != ':' {
		return "", "", ErrNotCanonical
	}
	n, err := strconv.ParseUint(s[1:], 10, 16)
	if err != nil || strconv.FormatUint(n, 10) != s[1:] {
		return "", "", ErrNotCanonical
	}
	return host, s[1:], nil
}

// canonicalHost accepts what the URL standard's host serialiser can produce and nothing else: lower-case ASCII labels
// or a canonical address. A trailing dot names another origin in browsers; as a look-alike it is refused.
func canonicalHost(h string) bool {
	if strings.HasPrefix(h, "[") {
		a, err := netip.ParseAddr(strings.Trim(h, "[]"))
		return err == nil && a.Is6() && !a.Is4In6() && a.Zone() == "" && "["+a.String()+"]" == h
	}
	if h == "" || len(h) > 253 {
		return false
	}
	labels := strings.Split(h, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for _, c := range []byte(l) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	// The URL standard reads a host whose last label is a number as an IPv4 address.
	last := labels[len(labels)-1]
	if numeric(last) {
		a, err := netip.ParseAddr(h)
		return err == nil && a.Is4() && a.String() == h
	}
	return true
}

func numeric(l string) bool {
	if strings.HasPrefix(l, "0x") {
		return strings.Trim(l[2:], "0123456789abcdef") == ""
	}
	return strings.Trim(l, "0123456789") == ""
}

func loopbackHost(h string) bool {
	if h == "localhost" || strings.HasSuffix(h, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(h, "[]"))
	return err == nil && a.IsLoopback()
}

// Exists says in a sentence why no browser has an extension with this ID; nil for what is no extension. An origin that does not exist is
// still one, so that what was decided about it can be taken back.
func (o Origin) Exists() error {
	scheme, id, _ := strings.Cut(o.s, "://")
	switch {
	// It is the first 128 bits of a SHA-256, with a to p for the hexadecimal digits (Chromium, components/crx_file/id_util.h).
	case scheme == "chrome-extension" && (len(id) != 32 || strings.Trim(id, "abcdefghijklmnop") != ""):
		return fmt.Errorf("%q is the ID of no extension: in Chrome and Edge it has 32 letters from a to p; copy it from chrome://extensions or edge://extensions", id)
	case scheme == "moz-extension" && !uuid(id):
		return fmt.Errorf("%q is the ID of no extension: in Firefox it is a UUID, like 2c127fa4-62c7-7e4f-90e5-472b45eecfdc; copy it from about:debugging", id)
	}
	return nil
}

// uuid takes 8, 4, 4, 4 and 12 hexadecimal digits, in lower case as browsers write them.
func uuid(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts) != 5 {
		return false
	}
	for i, digits := range []int{8, 4, 4, 4, 12} {
		if len(parts[i]) != digits || strings.Trim(parts[i], "0123456789abcdef") != "" {
			return false
		}
	}
	return true
}

func extensionID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
