package tray_test

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"testing"
)

var (
	states = []string{"on", "paused", "locked", "needs-you"}
	sizes  = []int{16, 22, 24, 32, 48, 64}
)

func icon(t *testing.T, state string, size int) image.Image {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("icons/%s-%d.png", state, size))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != size || b.Dy() != size {
		t.Fatalf("%s is %v, want %d pixels square", f.Name(), b, size)
	}
	return img
}

func at(img image.Image, i, size int) color.NRGBA {
	return color.NRGBAModel.Convert(img.At(i%size, i/size)).(color.NRGBA)
}

// Somebody who sees no colours must be able to tell the states apart.
func TestStatesDifferByShape(t *testing.T) {
	for _, size := range sizes {
		for i, a := range states {
			for _, b := range states[i+1:] {
				one, other, differ := icon(t, a, size), icon(t, b, size), 0
				for i := range size * size {
					if (at(one, i, size).A > 127) != (at(other, i, size).A > 127) {
						differ++
					}
				}
				if least := size * size * 7 / 100; differ < least {
					t.Errorf("at %d pixels the shapes of %s and %s differ in %d pixels, want %d", size, a, b, differ, least)
				}
			}
		}
	}
}

// The same pictures stand on light and on dark panels: most of each must have contrast with both.
func TestIconsStandOutFromPanels(t *testing.T) {
	for _, panel := range []color.NRGBA{{255, 255, 255, 255}, {43, 43, 43, 255}, {0, 0, 0, 255}} {
		for _, state := range states {
			const size = 22
			img, solid, weak := icon(t, state, size), 0, 0
			for i := range size * size {
				if c := at(img, i, size); c.A > 200 {
					solid++
					if contrast(c, panel) < 2.5 {
						weak++
					}
				}
			}
			if weak*10 > solid {
				t.Errorf("%s on %v: %d of %d pixels have little contrast", state, panel, weak, solid)
			}
		}
	}
}

// contrast is that of the Web Content Accessibility Guidelines.
func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		if f := float64(v) / 255; f > 0.04045 {
			return math.Pow((f+0.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func TestIconsForWindows(t *testing.T) {
	for _, state := range states {
		file, err := os.ReadFile("icons/" + state + ".ico")
		if err != nil {
			t.Fatal(err)
		}
		if kind, n := binary.LittleEndian.Uint16(file[2:]), binary.LittleEndian.Uint16(file[4:]); kind != 1 || n != 4 {
			t.Errorf("%s.ico is of kind %d with %d pictures, want 1 with 4", state, kind, n)
		}
	}
}
