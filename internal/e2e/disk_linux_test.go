package e2e_test

import (
	"errors"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// onDisk runs the calling test again in a process with a mount namespace of its own, where it mounts a small disk, and
// says in which of the two processes it is. The mount goes away with the process.
func onDisk(t *testing.T) (dir string, inside bool) {
	t.Helper()
	const marker = "OAKLOCK_TEST_DISK"
	if dir := os.Getenv(marker); dir != "" {
		if err := syscall.Mount("oaklock", dir, "tmpfs", 0, "size=2m"); err != nil {
			t.Fatal(err)
		}
		return dir, true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), marker+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags: syscall.CLONE_NEWUSER, Unshareflags: syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("this system lets nobody mount a disk for a test: %v", err) //nolint:forbidigo // nothing else is a full disk
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("on a disk of its own: %v\n%s", err, out)
	}
	return "", false
}

// fill takes all the room there is, and gives it back.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// sitOnDisk gives a terminal whose profile folder is on the disk of onDisk; nil where the test has run in another process.
func sitOnDisk(t *testing.T) (u *terminal, disk string) {
	t.Helper()
	t.Parallel()
	disk, inside := onDisk(t)
	if !inside {
		return nil, ""
	}
	u = sit(t)
	u.moves(filepath.Join(disk, "home"))
	return u, disk
}

// moves puts the profile folder on the disk.
func (u *terminal) moves(home string) {
	u.home, u.Client = home, control.Dial(home)
	for i, kv := range u.env {
		if strings.HasPrefix(kv, "OAKLOCK_HOME=") {
			u.env[i] = "OAKLOCK_HOME=" + home
		}
	}
}

// vault names what lies in the file vault of a profile folder on the disk.
func vault(t *testing.T, disk string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(disk, "home", "vault", "*"))
	if err != nil || len(files) < 2 { // one of a key, and the one that opens it
		t.Fatal(files, err)
	}
	return strings.Join(files, " ")
}

// A disk that becomes full while Oaklock runs: nothing that was saved is lost, what takes away takes effect, what gives
// holds until quit and is said, and the rest is refused with a sentence.
func TestAFullDisk(t *testing.T) {
	u, disk := sitOnDisk(t)
	if u == nil {
		return
	}
	agent := u.agent(u.passphrase()...)
	u.done("oaklock sites allow https://kept.example --provider openai --models '*'")
	u.done("oaklock sites allow https://gone.example --provider openai --models '*'; oaklock apps add gone --provider openai --models '*'")
	u.done("oaklock sites allow https://narrowed.example --provider openai --models '*'; oaklock sites allow https://raised.example --provider openai --models '*'")
	u.done(`printf %s "$KEY" | oaklock keys add openai`, "KEY="+oaktest.Key("openai"))
	keys, providers := u.done("oaklock keys list --json"), u.done("oaklock providers list --json; oaklock settings --json")
	held := vault(t, disk)
	free := fill(t, disk)

	u.sentence(t, u.types("oaklock settings set theme dark"), 1, "disk is full", "nothing was changed")
	u.sentence(t, u.types("oaklock providers set own --base-url https://llm.example/v1"), 1, "disk is full", "nothing was changed")
	u.sentence(t, u.types(`printf %s "$KEY" | oaklock keys add mistral`, "KEY="+oaktest.Key("mistral")), 1, "disk is full", "nothing was changed")
	u.sentence(t, u.types("oaklock keys remove openai --yes"), 1, "disk is full", "nothing was changed")
	if u.done("oaklock keys list --json") != keys || u.done("oaklock providers list --json; oaklock settings --json") != providers || vault(t, disk) != held {
		t.Error("something was changed")
	}
	u.done("oaklock sites revoke https://gone.example; oaklock apps remove gone --yes")
	if s := u.types("oaklock sites allow https://guest.example --provider openai --models '*'"); s.out != "" {
		t.Errorf("what is not saved is said to be given: %v", s)
	} else {
		u.sentence(t, s, 1, "It is allowed until Oaklock quits, since this could not be saved.", "Make room on the disk")
	}
	u.sentence(t, u.types("oaklock sites allow https://narrowed.example --provider openai --models m"), 1, "It is allowed until Oaklock quits")
	u.sentence(t, u.types("oaklock sites raise https://raised.example --limit 2.00/day"), 1, "It is allowed until Oaklock quits")
	u.done("oaklock sites allow https://until.example --provider openai --models '*' --for until-quit; oaklock pause; oaklock resume")
	if s := u.types("oaklock doctor"); s.status != 1 || !strings.Contains(s.out, "The disk is full, so nothing new can be saved") ||
		!strings.Contains(s.out, "The file with the keys cannot take a new key") || strings.Contains(s.out, "keychain") {
		t.Errorf("the doctor says %v", s)
	}
	var sites []control.Site
	u.reads("oaklock sites list --json", &sites)
	for _, s := range sites {
		switch {
		case s.Origin == "https://kept.example" && !s.Grants[0].UntilQuit:
		case s.Origin != "https://kept.example" && s.Grants[0].UntilQuit:
		default:
			t.Errorf("on a full disk: %+v", s)
		}
	}
	if len(sites) != 5 {
		t.Errorf("on a full disk there are %d sites", len(sites))
	}
	if out := u.done("oaklock status"); !strings.Contains(out, "Allowed until Oaklock quits, since it could not be saved: https://guest.example, https://narrowed.example, https://raised.example.") ||
		!strings.Contains(out, "only noted so far, since the list of them cannot be written: 2 (app:gone, https://gone.example)") {
		t.Errorf("the status says %s", out)
	}

	u.sentence(t, u.types("oaklock agent --headless --port 0 --home "+filepath.Join(disk, "other")), 1, "disk is full", "Make some room")
	agent.kill()
	agent = u.agent("--vault", "file") // what there is can be read without any room
	u.reads("oaklock sites list --json", &sites)
	if len(sites) != 1 || u.done("oaklock keys list --json") != keys {
		t.Errorf("started on a full disk: %+v", sites)
	}
	agent.kill()
	free()
	u.agent("--vault", "file")
	u.reads("oaklock sites list --json", &sites)
	if len(sites) != 1 {
		t.Errorf("with room again: %+v", sites)
	}
	u.await("what was noted to be written", func(s control.State) bool { return len(codes(s)) == 0 })
}

// codes are those of what is not saved.
func codes(s control.State) (out []string) {
	for _, p := range s.Problems {
		if slices.Contains([]string{"unsaved", "unwritten", "not_saved"}, p.Code) {
			out = append(out, p.Code)
		}
	}
	return out
}

// A start on a full disk says what is wrong, and no more: what was allowed is in force, and a site hears so. With room again nothing is
// said any more.
func TestAStartOnAFullDisk(t *testing.T) {
	u, disk := sitOnDisk(t)
	if u == nil {
		return
	}
	agent := u.agent(u.passphrase()...)
	u.done("oaklock sites allow " + site + " --provider openai --models '*'")
	free := fill(t, disk)
	agent.kill() // before the vault has heard of the site
	u.agent(u.passphrase()...)
	behind := func(s control.State) bool {
		return slices.ContainsFunc(s.Problems, func(p control.Problem) bool { return p.Code == "note_behind" })
	}
	u.await("what could not be noted", behind)
	st, err := u.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, st.Endpoint+"/llm/openai/models", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", site)
	if a := do(req); a.code() != "no_key" {
		t.Errorf("an allowed site hears %v", a)
	}
	for _, line := range []string{"oaklock status", "oaklock doctor"} {
		out := u.types(line).out
		if !strings.Contains(out, "The disk is full, so Oaklock could not note") || !strings.Contains(out, "Sites get answers as before") {
			t.Errorf("%s says %s", line, out)
		}
		if strings.Contains(out, "cannot be checked") || strings.Contains(out, "no site gets an answer") {
			t.Errorf("%s says what is not so: %s", line, out)
		}
	}
	free()
	u.await("the note", func(s control.State) bool { return !behind(s) })
}

// A no on a full disk holds after a clean end and a start, on the disk that is still full too.
func TestANoHoldsOverARestartOnAFullDisk(t *testing.T) {
	u, disk := sitOnDisk(t)
	if u == nil {
		return
	}
	u.agent(u.passphrase()...)
	for _, name := range []string{"kept", "revoked", "blocked", "denied"} {
		u.done("oaklock sites allow https://" + name + ".example --provider openai --models '*'")
	}
	for _, name := range []string{"keptapp", "removed"} {
		u.done("oaklock apps add " + name + " --provider openai --models '*'")
	}
	free := fill(t, disk)
	u.done("oaklock sites revoke https://revoked.example; oaklock sites block https://blocked.example; oaklock sites deny https://denied.example; oaklock apps remove removed --yes; oaklock pause")
	if out := u.done("oaklock status"); !strings.Contains(out, "cannot be written: 5 (app:removed, https://blocked.example, ") {
		t.Errorf("the status says %s", out)
	}
	want := map[string]string{"https://kept.example": "allowed", "https://blocked.example": "blocked", "https://denied.example": "denied", "app:keptapp": "allowed"}
	for _, when := range []string{"at once", "still full", "with room", "written"} {
		switch when {
		case "with room":
			free()
			fallthrough
		case "still full":
			u.done("oaklock quit")
			u.agent(u.passphrase()...)
		case "written":
			u.await("all to be written", func(s control.State) bool { return len(codes(s)) == 0 })
			if err := os.Remove(filepath.Join(u.home, "oaklock.refused")); err != nil { // nothing hangs on it any more
				t.Fatal(err)
			}
			u.done("oaklock quit")
			u.agent(u.passphrase()...)
		}
		var sites []control.Site
		u.reads("oaklock sites list --json", &sites)
		got := map[string]string{}
		for _, s := range sites {
			got[s.Origin] = s.State
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
		if st, err := u.State(t.Context()); err != nil || st.State != "paused" {
			t.Errorf("%s: it is %s, %v", when, st.State, err)
		}
		var apps []control.App
		u.reads("oaklock apps list --json", &apps)
		if len(apps) != 1 || apps[0].Name != "keptapp" {
			t.Errorf("%s: the apps are %+v", when, apps)
		}
	}
}

// Where a no can be neither saved nor noted, that is said when it is given, as long as it is so, and before it is undone.
func TestWhatCannotBeSavedIsSaid(t *testing.T) {
	u, disk := sitOnDisk(t)
	if u == nil {
		return
	}
	u.agent(u.passphrase()...)
	u.done("oaklock sites allow https://revoked.example --provider openai --models '*'; oaklock apps add removed --provider openai --models '*'; oaklock quit")
	noMarks := func() { // a folder is in the way of the file
		t.Helper()
		name := filepath.Join(u.home, "oaklock.refused")
		if err := errors.Join(os.RemoveAll(name), os.Mkdir(name, 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	noMarks()
	agent := u.agent(u.passphrase()...)
	free := fill(t, disk)
	u.sentence(t, u.types("oaklock sites revoke https://revoked.example"), 1, "holds from now on", "could not be saved")
	u.sentence(t, u.types("oaklock sites block https://blocked.example"), 1, "holds from now on", "could not be saved")
	u.sentence(t, u.types("oaklock apps remove removed --yes"), 1, "holds from now on", "could not be saved")
	u.sentence(t, u.types("oaklock pause"), 1, "paused from now on", "could not be saved", "should it end before that, the pause is over")
	const what = "could not be saved: 4 (app:removed, https://blocked.example, https://revoked.example, the pause)"
	for _, line := range []string{"oaklock status", "oaklock doctor"} {
		if s := u.types(line); !strings.Contains(s.out, what) {
			t.Errorf("%s says %v", line, s)
		}
	}
	if s := u.types("oaklock quit"); s.status != 2 || s.out != "" || !strings.Contains(s.err, what) || !strings.Contains(s.err, "Oaklock has not quit") {
		t.Errorf("quit says %v", s)
	}
	if st, err := u.State(t.Context()); err != nil || st.State != "paused" {
		t.Fatalf("it is %s, %v", st.State, err)
	}
	free()
	u.await("all to be written", func(s control.State) bool { return len(codes(s)) == 0 })
	u.done("oaklock quit")
	<-agent.ended
	u.agent(u.passphrase()...)
	if out := u.done("oaklock apps list"); !strings.Contains(out, "No program") {
		t.Errorf("after all was written there is %s", out)
	}
	var sites []control.Site
	u.reads("oaklock sites list --json", &sites)
	if st, err := u.State(t.Context()); err != nil || st.State != "paused" || len(sites) != 1 || sites[0].State != "blocked" {
		t.Errorf("after all was written it is %s with %+v, %v", st.State, sites, err)
	}

	// What is resumed has nothing left to save, on a full disk too; and who means it quits.
	u.done("oaklock sites allow https://other.example --provider openai --models '*'; oaklock resume")
	fill(t, disk)
	if s := u.types("oaklock pause"); s.status != 1 {
		t.Fatal(s)
	}
	u.done("oaklock resume; oaklock status")
	if st, err := u.State(t.Context()); err != nil || st.State != "on" || len(codes(st)) > 0 {
		t.Errorf("resumed it is %s with %v, %v", st.State, codes(st), err)
	}
	if s := u.types("oaklock sites revoke https://other.example"); s.status != 1 {
		t.Fatal(s)
	}
	u.done("oaklock quit --yes")
}

// A profile folder on a disk that cannot be written, or not any more.
func TestAReadOnlyDisk(t *testing.T) {
	u, disk := sitOnDisk(t)
	if u == nil {
		return
	}
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("oaklock", disk, "tmpfs", syscall.MS_REMOUNT|flags, "size=2m"); err != nil {
			t.Fatal(err)
		}
	}
	agent := u.agent("--vault", "file")
	u.done("oaklock sites allow https://app.example --provider openai --models '*'")
	before := u.lists()
	agent.end(syscall.SIGTERM)
	if err := os.Mkdir(filepath.Join(disk, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	remount(syscall.MS_RDONLY)
	for _, name := range []string{"home", "empty", "missing"} {
		u.moves(filepath.Join(disk, name))
		for _, line := range []string{"oaklock agent --headless --port 0", "oaklock"} {
			t.Run(name+" "+line, func(t *testing.T) {
				u.sentence(t, u.types(line), 1, "may not write there", "--home", filepath.Join(disk, name))
			})
		}
	}
	remount(0)
	u.moves(filepath.Join(disk, "home"))
	u.agent("--vault", "file")
	if after := u.lists(); after != before {
		t.Errorf("something was changed:\n%s\n%s", before, after)
	}
}

// A folder whose mode forbids writing shows only to a user who is not root; the program is then run as one.
func TestAHomeWithoutPermission(t *testing.T) {
	u := sit(t)
	dir := filepath.Dir(u.home)
	for _, d := range []string{dir, filepath.Dir(dir), filepath.Join(dir, "bin")} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(u.home, 0o500); err != nil {
		t.Fatal(err)
	}
	run := ""
	if os.Getuid() == 0 {
		if err := os.Chown(u.home, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		run = "setpriv --reuid=65534 --regid=65534 --clear-groups "
	}
	u.sentence(t, u.types(run+"oaklock agent --headless --port 0"), 1, "may not write there", u.home)
}

// An export that does not fit leaves nothing, and says why.
func TestExportOntoAFullDisk(t *testing.T) {
	disk, inside := onDisk(t)
	if !inside {
		return
	}
	u := sit(t)
	u.longLog(20_000) // more than the disk holds
	u.agent()
	for _, full := range []bool{false, true} { // on the way, and from the start
		free := func() {}
		if full {
			free = fill(t, disk)
		}
		if s := u.types("oaklock log export --format csv --output " + filepath.Join(disk, "log.csv")); s.status != 1 || !strings.Contains(s.err, "the disk is full") {
			t.Errorf("the command says %v", s)
		}
		free()
		if left, err := os.ReadDir(disk); err != nil || len(left) > 1 || len(left) == 1 && left[0].Name() != "filler" {
			t.Errorf("on the disk there is %v, %v", left, err)
		}
	}
	if s := u.types("oaklock log export --format csv --status 403 --output " + filepath.Join(disk, "log.csv")); s.status != 0 {
		t.Errorf("what fits: %v", s)
	}
}
