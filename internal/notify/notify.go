// Package notify shows desktop notifications that say which site asks, with buttons for Open and Deny.
//
// [New] connects to the desktop, [Notifier.Ask] shows or replaces a notification, [Notifier.Close] takes it back. The
// user's answer comes to the function that New was given.
//
// There is no Allow, and there must never be one. On the session bus any program of the user can take the name of the
// notification service before the desktop does, and answers of such a service cannot be told from a click: an Allow would
// let every program give every site the user's keys. Open shows the question in the window, where the user sees what
// is asked, and Deny can only refuse. A program without the service's name cannot forge either.
//
// Nothing here takes the focus: the urgency is normal, and the window opens only when the user clicks.
//
// It works on Linux; elsewhere New returns errors.ErrUnsupported.
package notify

import "errors"

// ErrUnavailable means that no notification can be shown, at least for now: there is no D-Bus session, or nothing on it
// that shows notifications.
var ErrUnavailable = errors.New("this desktop shows no notifications")

// Action is what the user may do with a notification. There are two, for the reason that the package comment gives.
type Action string

const (
	// Open brings the question to the window. A click on the notification itself means Open too.
	Open Action = "open"
	// Deny refuses.
	Deny Action = "deny"
)

// Button is an action and what its button says.
type Button struct {
	Action Action
	Label  string
}
