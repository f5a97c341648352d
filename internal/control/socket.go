package control

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The files of the door in the profile folder.
const (
	lockName   = "agent.lock"
	socketName = "agent.sock"
	besideName = "agent.sock.path" // where the socket is, when the folder's own path is too long for one
)

// longestSocket is the longest path in bytes that every system takes for a socket: 104 on macOS and 108 on Linux and Windows, with a
// closing zero.
const longestSocket = 103

// socketFor says where the socket of a profile folder goes. For a long folder it is a short name in the user's runtime folder, made
// from the folder's; the folder then holds a file that says where.
func socketFor(dir string) (path string, beside bool, err error) {
	path = filepath.Join(dir, socketName)
	if len(path) <= longestSocket {
		return path, false, nil
	}
	short := filepath.Join(os.TempDir(), "oaklock-"+strconv.Itoa(os.Getuid()))
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); runtime != "" {
		short = filepath.Join(runtime, "oaklock")
	}
	// The folder for temporary files is everybody's: another user may have made this name first, and then it is refused.
	if err := ownFolder(short); err != nil {
		return "", false, err
	}
	sum := sha256.Sum256([]byte(dir))
	path = filepath.Join(short, hex.EncodeToString(sum[:8])+".sock")
	if len(path) > longestSocket {
		return "", false, fmt.Errorf("the path of the control socket is too long: %s; choose a profile folder with a shorter path", path)
	}
	return path, true, nil
}

// findSocket says where the socket of a profile folder is, as a client sees it.
func findSocket(dir string) (string, error) {
	told, err := os.ReadFile(filepath.Join(dir, besideName))
	if errors.Is(err, fs.ErrNotExist) {
		path := filepath.Join(dir, socketName)
		if len(path) > longestSocket { // there is none here, and the system would say only that this is no path for one
			return "", fmt.Errorf("find the control socket: %w", err)
		}
		return path, nil
	}
	if err != nil {
		return "", fmt.Errorf("find the control socket: %w", err)
	}
	path := strings.TrimSuffix(string(told), "\n")
	return path, checkFolder(filepath.Dir(path))
}

// removeStale takes away the socket that a killed agent left. The caller holds the lock, so it is nobody's. Anything else by that
// name is left alone.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at the old control socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is in the way of the control socket and is not one; move it away", path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the old control socket: %w", err)
	}
	return nil
}
