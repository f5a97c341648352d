package cli

// The exit statuses of all commands; [Manual] and README.md promise them to scripts.
const (
	statusFailed     = 1
	statusUsage      = 2
	statusNotRunning = 3
	statusRefused    = 4

	// StatusRunning is how an agent ends that finds another one in its profile folder.
	StatusRunning = 5
)
