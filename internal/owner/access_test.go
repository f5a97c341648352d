package owner_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/oaklock/oaklock/internal/owner"
)

const me, you = "S-1-5-21-1004336348-1177238915-682003330-1001", "S-1-5-21-1004336348-1177238915-682003330-1002"

func TestAlone(t *testing.T) {
	const system, admins = "(A;OICI;FA;;;SY)", "(A;OICI;FA;;;BA)"
	mine := "(A;OICI;FA;;;" + me + ")"
	of := func(who, list string) string { return "O:" + who + "G:" + who + "D:" + list }
	for name, c := range map[string]struct {
		sddl, user string
		want       error
	}{
		"as we make it":             {of(me, "P"+system+admins+mine), me, nil},
		"as a profile hands down":   {of(me, "AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;"+me+")"), me, nil},
		"made by an administrator":  {of("BA", "P"+system+admins+mine), me, nil},
		"all by their numbers":      {of(me, "(A;;FA;;;S-1-5-18)(A;;FA;;;S-1-5-32-544)"+mine), me, nil},
		"nobody":                    {of(me, ""), me, nil},
		"whoever makes what":        {of(me, mine+"(A;OICIIO;GA;;;CO)(A;;RC;;;OW)"), me, nil},
		"keeps somebody out":        {of(me, mine+"(D;OICI;FA;;;"+you+")(D;;FA;;;WD)"), me, nil},
		"with who is written down":  {of(me, mine) + "S:AI(AU;OICISAFA;FA;;;WD)", me, nil},
		"the first administrator's": {of("LA", "P(A;;FA;;;LA)"), "S-1-5-21-1-2-3-500", nil},

		"another user's":            {of(you, "P"+system+mine), me, owner.ErrOther},
		"everybody's":               {of("WD", mine), me, owner.ErrOther},
		"the first administrator":   {of("LA", mine), me, owner.ErrOther},
		"nobody's":                  {"G:BAD:" + mine, me, owner.ErrOther},
		"a longer number":           {of(me+"1", mine), me, owner.ErrOther},
		"below C:\\":                {of(me, "AI(A;ID;FA;;;BA)(A;OICIIOID;GA;;;BA)(A;OICIID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)"), me, owner.ErrOpen},
		"everybody may read":        {of(me, mine+"(A;;FR;;;WD)"), me, owner.ErrOpen},
		"another user":              {of(me, mine+"(A;;FR;;;"+you+")"), me, owner.ErrOpen},
		"what will be made in it":   {of(me, mine+"(A;OICIIO;FA;;;AU)"), me, owner.ErrOpen},
		"on a condition":            {of(me, mine+`(XA;;FX;;;WD;(@User.Title=="PM" && (Member_of{SID(BA)})))`), me, owner.ErrOpen},
		"behind a condition":        {of(me, `(XA;;FX;;;SY;(@User.Title=="PM"))(A;;FA;;;WD)`), me, owner.ErrOpen},
		"of an object":              {of(me, mine+"(OA;;FA;x;y;WD)"), me, owner.ErrOpen},
		"of a kind that is not yet": {of(me, mine+"(QQ;;FA;;;WD)"), me, owner.ErrOpen},
		"no list":                   {"O:" + me + "G:" + me, me, owner.ErrOpen},
		"no list, in words":         {of(me, "NO_ACCESS_CONTROL"), me, owner.ErrOpen},
		"no field for whom":         {of(me, "(A;;FA;;)"), me, owner.ErrOpen},
		"two lists":                 {of(me, mine) + "D:(A;;FA;;;WD)", me, owner.ErrOpen},
		"two owners":                {"O:" + you + "O:" + me + "D:" + mine, me, owner.ErrOpen},
		"broken off":                {of(me, mine+"(A;;FA;;;WD"), me, owner.ErrOpen},
		"closed twice":              {of(me, mine+")(A;;FA;;;WD)"), me, owner.ErrOpen},
		"something before":          {"x" + of(me, mine), me, owner.ErrOpen},
		"nothing":                   {"", me, owner.ErrOpen},
	} {
		if err := owner.Alone(c.sddl, c.user); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestMkdir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	if err := owner.Mkdir(dir); err != nil {
		t.Fatal(err)
	}
	if err := owner.Mkdir(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the second time: %v", err)
	}
	isPrivate(t, dir)
}
