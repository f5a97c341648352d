package cli

// The exit statuses of all commands.
const (
	statusFailed     = 1
	statusUsage      = 2
	statusNotRunning = 3
	statusRefused    = 4

	// StatusRunning is how an agent ends that finds another one in its profile folder.
	StatusRunning = 5
)

// ExitStatus is one exit status and its meaning.
type ExitStatus struct {
	Status  int
	Meaning string
}

// ExitStatuses are promised to scripts; README.md and the manual have them.
func ExitStatuses() []ExitStatus {
	return []ExitStatus{
		{0, "It is done."},
		{statusFailed, "It failed."},
		{statusUsage, "The command makes no sense as it was typed."},
		{statusNotRunning, "Oaklock is not running."},
		{statusRefused, "Oaklock refuses, or is locked."},
		{StatusRunning, "Another agent has the profile folder, so that this one did not start."},
	}
}
