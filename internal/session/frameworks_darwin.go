package session

import (
	"fmt"
	"sync"

	"github.com/ebitengine/purego"
)

// frameworks are the functions of macOS that are needed here, under the names that stand beside them in load.
//
// They are called through purego and not through cgo, for two reasons. A file that imports "C" cannot be looked at by the compiler on
// another system, and nobody has a Mac here: so at least their use is checked with everything else. And an agent that is built without
// cgo hears of the screen and of sleep as well. purego has no dependencies and is what Ebitengine's games reach macOS through.
type frameworks struct {
	registerForPower func(context uintptr, port *uintptr, callback uintptr, notifier *uint32) (root uint32)
	deregister       func(notifier *uint32) int32
	allowPowerChange func(root uint32, notification uintptr) int32
	closeService     func(root uint32) int32
	sourceOfPort     func(port uintptr) (source uintptr)
	destroyPort      func(port uintptr)

	currentLoop func() (loop uintptr)
	addSource   func(loop, source, mode uintptr)
	runLoop     func()
	stopLoop    func(loop uintptr)

	makeString   func(allocator uintptr, s string, encoding uint32) (text uintptr)
	value        func(dictionary, key uintptr) (value uintptr)
	typeOf       func(value uintptr) (kind uintptr)
	booleans     func() (kind uintptr)
	booleanValue func(boolean uintptr) bool
	release      func(value uintptr)

	copySession func() (dictionary uintptr)

	notifyRegister func(name string, fd *int32, flags int32, token *int32) (status uint32)
	notifyCancel   func(token int32) (status uint32)
}

// macOS finds them once, for good.
var macOS = sync.OnceValues(func() (*frameworks, error) {
	f := &frameworks{}
	const system = "/System/Library/Frameworks/"
	for _, lib := range []struct {
		path  string
		funcs map[string]any
	}{
		{system + "IOKit.framework/IOKit", map[string]any{ // pwr_mgt/IOPMLib.h, IOKitLib.h
			"IORegisterForSystemPower":           &f.registerForPower,
			"IODeregisterForSystemPower":         &f.deregister,
			"IOAllowPowerChange":                 &f.allowPowerChange,
			"IOServiceClose":                     &f.closeService,
			"IONotificationPortGetRunLoopSource": &f.sourceOfPort,
			"IONotificationPortDestroy":          &f.destroyPort,
		}},
		{system + "CoreFoundation.framework/CoreFoundation", map[string]any{
			"CFRunLoopGetCurrent":       &f.currentLoop,
			"CFRunLoopAddSource":        &f.addSource,
			"CFRunLoopRun":              &f.runLoop,
			"CFRunLoopStop":             &f.stopLoop,
			"CFStringCreateWithCString": &f.makeString,
			"CFDictionaryGetValue":      &f.value,
			"CFGetTypeID":               &f.typeOf,
			"CFBooleanGetTypeID":        &f.booleans,
			"CFBooleanGetValue":         &f.booleanValue,
			"CFRelease":                 &f.release,
		}},
		{system + "CoreGraphics.framework/CoreGraphics", map[string]any{ // CGSession.h
			"CGSessionCopyCurrentDictionary": &f.copySession,
		}},
		{"/usr/lib/libSystem.B.dylib", map[string]any{ // notify.h
			"notify_register_file_descriptor": &f.notifyRegister,
			"notify_cancel":                   &f.notifyCancel,
		}},
	} {
		handle, err := purego.Dlopen(lib.path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		for name, to := range lib.funcs {
			address, err := purego.Dlsym(handle, name)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
			}
			purego.RegisterFunc(to, address)
		}
	}
	return f, nil
})

// text is a CFString that lives until it is released.
func (f *frameworks) text(s string) uintptr {
	const utf8 = 0x08000100 // kCFStringEncodingUTF8
	return f.makeString(0, s, utf8)
}
