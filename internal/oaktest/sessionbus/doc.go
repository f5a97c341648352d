// Package sessionbus gives a test a desktop session of its own: a private D-Bus session bus with a real gnome-keyring on
// it, in folders of its own, so that the keychain of whoever runs the test is never touched.
//
// [Start] starts it, [Env.Setenv] points the test's own process there, [Env.Vars] a child process. It is for Linux, and
// needs the programs dbus-daemon and gnome-keyring-daemon (Debian: dbus, gnome-keyring).
package sessionbus
