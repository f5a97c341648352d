//go:build (desktop || dev || bindings) && !linux

package app

import (
	"context"

	"github.com/wailsapp/wails/v2/pkg/runtime"
)

// rise lets the window be seen above others and leaves the focus where it is: being kept above for a moment does that. Not tested.
func rise(ctx context.Context) {
	runtime.WindowSetAlwaysOnTop(ctx, true)
	runtime.WindowSetAlwaysOnTop(ctx, false)
}
