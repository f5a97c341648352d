package tray

import (
	"bytes"
	"embed"
	"fmt"
	"image"
	"image/color"
	"image/png"
)

//go:embed icons/*.png
var icons embed.FS

// sizes are those that panels use, also at twice the density, so that none has to scale.
var sizes = []int32{16, 22, 24, 32, 48, 64}

// pixmap is (iiay): ARGB of 32 bits in network order, colours not multiplied by alpha.
type pixmap struct {
	Width, Height int32
	Pixels        []byte
}

// pixmaps are one picture in all sizes, each a square as its file's name says.
func pixmaps(name string) ([]pixmap, error) {
	all := make([]pixmap, 0, len(sizes))
	for _, size := range sizes {
		file, err := icons.ReadFile(fmt.Sprintf("icons/%s-%d.png", name, size))
		if err != nil {
			return nil, err
		}
		img, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			return nil, fmt.Errorf("icon %s of %d pixels: %w", name, size, err)
		}
		all = append(all, pixmap{size, size, argb(img)})
	}
	return all, nil
}

func argb(img image.Image) []byte {
	b := img.Bounds()
	all := make([]byte, 0, 4*b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c, _ := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA) // what this model converts to
			all = append(all, c.A, c.R, c.G, c.B)
		}
	}
	return all
}
