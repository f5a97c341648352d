// Package login1 plays systemd-logind on a bus of a test's own: sessions that are locked and switched, sleep, and what keeps a
// machine from sleeping.
package login1
