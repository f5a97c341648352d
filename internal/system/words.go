// Package system has what is said differently on each operating system: what a thing is called there, and what to do about it.
//
// [For] gives the [Words] of one, named as in runtime.GOOS, so that a test sees those of all. What is done differently is no matter
// of this package: that stands in files for each system.
package system

// Words are sentences, or ends of sentences, for the user.
type Words struct {
	// NoKeychain is what to do where no keychain can be reached.
	NoKeychain string
	// NoTray is what to do where no icon is shown.
	NoTray string
	// NoNotifications is what is so where none is shown, and ShowNotifications what to do about it. Where that is nothing but to
	// know it, CanNotify is false.
	NoNotifications, ShowNotifications string
	CanNotify                          bool
	// NoSleep says that nobody tells of sleep.
	NoSleep string
	// Elevated is what to do where Oaklock may do more than it needs.
	Elevated string
	// Variables is where a variable of the environment is set for good.
	Variables string
	// Browsers is where docs/browsers.md lies once Oaklock is installed.
	Browsers string
}

const (
	keysInFile = "keep the keys in a file with: oaklock settings set vault file, then oaklock unlock"
	source     = "in the folder docs of the source"
	// notYet is said where Oaklock shows no notification, whatever the user does.
	notYet = "Oaklock shows no notifications on this system, so what shows that a site waits is its icon, and the window."
)

var linux = Words{
	NoKeychain:        "Start a keychain (gnome-keyring or KeePassXC), or " + keysInFile,
	NoTray:            "Type oaklock to bring the window back; on GNOME the extension AppIndicator adds a tray.",
	NoNotifications:   "Nothing here shows notifications, so what shows that a site waits is the tray, where there is one, and the window.",
	ShowNotifications: "Install your desktop's notification service, such as xfce4-notifyd or dunst, or leave the window open.",
	CanNotify:         true,
	NoSleep:           "Nobody here says when the machine sleeps or another user takes the screen: there is no logind. A locked screen is noticed.",
	Elevated:          "Run it as yourself. In a container that has no other user this can stay.",
	Variables:         "such as ~/.profile, ~/.bashrc or ~/.zshrc",
	Browsers:          "in /usr/share/doc/oaklock, or " + source,
}

var darwin = Words{
	NoKeychain:        "Open your login keychain in Keychain Access, or " + keysInFile,
	NoTray:            "Type oaklock to bring the window back.",
	NoNotifications:   notYet,
	ShowNotifications: "Look at the icon in the menu bar, or leave the window open.",
	NoSleep:           "macOS does not say when the machine sleeps or another user takes the screen. A locked screen is noticed.",
	Elevated:          "Run it as yourself, without sudo.",
	Variables:         "such as ~/.zshrc or ~/.zprofile",
	Browsers:          source,
}

var windows = Words{
	NoKeychain:        "Start the service Credential Manager (VaultSvc), or " + keysInFile,
	NoTray:            "Start Oaklock once more from the Start menu to bring the window back.",
	NoNotifications:   notYet,
	ShowNotifications: "Look at the icon beside the clock, or leave the window open.",
	NoSleep:           "Windows does not say when the machine sleeps or another user takes the screen. A locked screen is noticed.",
	Elevated:          "Start it as yourself, and not as administrator.",
	Variables:         "such as the environment variables of your account in the Control Panel, or your PowerShell profile",
	Browsers:          source,
}

// For gives the words for a system, and those of Linux for one that Oaklock does not know.
func For(goos string) Words {
	switch goos {
	case "darwin":
		return darwin
	case "windows":
		return windows
	}
	return linux
}
