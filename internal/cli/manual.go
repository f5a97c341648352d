package cli

import "strconv"

// Section is a part of the manual that no command's help has.
type Section struct {
	Title string
	Intro string // a paragraph before the entries; may be empty
	Rows  []Entry
}

// Entry is a thing and what is to be said of it.
type Entry struct{ Name, Text string }

// Manual is what is true of all commands on Linux.
func Manual() []Section {
	status := func(n int, text string) Entry { return Entry{strconv.Itoa(n), text} }
	return []Section{
		{"EXIT STATUS", "", []Entry{
			status(0, "It is done."),
			status(statusFailed, "It failed, or what was examined is not as it should be."),
			status(statusUsage, "The command makes no sense as it was typed."),
			status(statusNotRunning, "Oaklock is not running."),
			status(statusRefused, "Oaklock refuses, or is locked."),
			status(StatusRunning, "oaklock agent found another agent in its profile folder."),
		}},
		{"ENVIRONMENT", "", []Entry{
			{"OAKLOCK_HOME", "The profile folder, where --home names none."},
			{"XDG_CONFIG_HOME", "The configuration folder, ~/.config where this is not set. The profile folder is oaklock in it, where none is named."},
			{"DISPLAY, WAYLAND_DISPLAY", "Where the window opens. Without either Oaklock does without one."},
			{"DBUS_SESSION_BUS_ADDRESS", "Where the keychain, the tray, notifications and the screen lock are; bus in XDG_RUNTIME_DIR where this is not set."},
			{"DBUS_SYSTEM_BUS_ADDRESS", "Where it is told of sleep; the system's own where this is not set."},
			{"XDG_RUNTIME_DIR", "Has the control socket in it where the profile folder's path is too long for one."},
			{"HTTPS_PROXY, ALL_PROXY, NO_PROXY", "The way to providers after oaklock settings set proxy environment, and of no effect before."},
			{"OPENAI_API_KEY and names like it", "What oaklock keys import looks for, and the window, when it is told to look for keys, in the agent's environment."},
			{"GOGC, GOMEMLIMIT, GOMAXPROCS, GOTRACEBACK", "Take the place of what Oaklock sets for the collector, its memory, its cores, and what a crash writes."},
		}},
		{"FILES", "Keys lie in the system's keychain, as items of the service Oaklock, or in the folder vault. Everything else is in the profile folder, ~/.config/oaklock where none is named, which is for its user alone:", []Entry{
			{"oaklock.db", "Sites, settings, prices, the list of keys without the keys, and the log. oaklock.db-wal and oaklock.db-shm belong to it while Oaklock runs."},
			{"oaklock.db.broken-*", "A database that could not be read and was put aside."},
			{"oaklock.holds", "What is reserved for requests under way."},
			{"oaklock.refused", "What was taken away while the database could not be written."},
			{"profile", "The mark of a profile folder that was named, which its items in the keychain bear. Without it they are not found."},
			{"vault/*.age", "Keys, encrypted with a passphrase, where the setting vault is file."},
			{"agent.log", "What an agent without a terminal says, begun anew at each start. No key, prompt or answer is in it."},
			{"agent.lock, agent.sock, agent.sock.path", "The lock and the control socket of the agent that runs, and where the socket is when it is elsewhere."},
			{"~/.config/autostart/oaklock.desktop", "Starts Oaklock at login, after oaklock settings set autostart on."},
		}},
	}
}
