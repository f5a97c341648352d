package owner_test

import (
	"errors"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/oaklock/oaklock/internal/owner"
)

func isPrivate(t *testing.T, dir string) {
	t.Helper()
	if err := owner.Folder(dir); err != nil {
		t.Error(err)
	}
	sd, err := windows.SecurityDescriptorFromString("D:(A;OICI;FA;;;SY)(A;OICI;FR;;;WD)")
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	if err := windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION, nil, nil, list, nil); err != nil {
		t.Fatal(err)
	}
	if err := owner.Folder(dir); !errors.Is(err, owner.ErrOpen) {
		t.Errorf("with everybody let in: %v", err)
	}
}
