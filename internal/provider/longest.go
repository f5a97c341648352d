package provider

import "math"

// How many bytes an answer may have for what it is made of, far from above: what is longer has more in it than was asked for.
const (
	// bytesBeside may always come: heads, marks, what was quoted, thoughts that are sealed.
	bytesBeside = 4 << 20
	// bytesAToken are those of one token of output. The most that is known are 20 alternatives of about 100 bytes each, which an
	// event of their own says first, and which the ends of a part, an item and an answer say again. Of speech a token has 3 KiB.
	bytesAToken = 16 << 10
	// bytesRead come back for a byte of text that is read, with what the model thought of each token of it.
	bytesRead = 256
	// bytesEchoed come back for a byte of the request, in several events and with escapes.
	bytesEchoed = 8
	// bytesFound are those of a token of what a provider's tools have found.
	bytesFound = 64
	// bytesAPicture are those of 8 million pixels, four bytes each, in base64, and half as many again.
	bytesAPicture = 64 << 20
	// bytesACharacter are those of one that is read aloud: a third of a second of two channels at 48 kHz, in base64.
	bytesACharacter = 96 << 10
	// bytesAVector are those of 4,096 numbers in JSON.
	bytesAVector = 128 << 10
)

// LongestAnswer is more bytes than an answer can have that keeps to w, the worst case of its request, whose body has size bytes. Where
// nothing is charged, or no price here says what is, there is no bound.
func (r *Route) LongestAnswer(f Facts, size int64, w Worst) int64 {
	a := &f.asks
	parts := []int64{
		bytesBeside,
		product64(bytesAToken, w.Output),
		product64(product64(bytesRead, a.size), a.copies()),
		product64(bytesEchoed, size),
	}
	switch r.Endpoint.makes {
	case makesText:
		pictures := int64(0)
		if a.media {
			pictures = a.copies()
		}
		if a.hosted {
			calls, _ := a.worstCalls()
			pictures = max(pictures, calls)
			parts = append(parts, product64(bytesFound, w.Input))
		}
		parts = append(parts, product64(bytesAPicture, pictures))
	case makesPictures:
		parts = append(parts, product64(bytesAPicture, product64(r.worstPictures(a), a.partial+1)))
	case makesSpeech:
		parts = append(parts, product64(bytesACharacter, a.characters))
	case makesVectors:
		parts = append(parts, product64(bytesAVector, w.Input))
	case makesTranscript:
	default:
		return math.MaxInt64
	}
	sum := int64(0)
	for _, n := range parts {
		if n > math.MaxInt64-sum {
			return math.MaxInt64
		}
		sum += n
	}
	return sum
}
