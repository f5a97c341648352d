package secret

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
)

// table finds any of the patterns in a text.
//
// The idea: an occurrence of a pattern of at least m bytes covers a whole block of 4 bytes at every stride of m-3. So one
// block in each stride is hashed and looked up in a bit set of all blocks that the patterns have in their first m bytes.
// Ordinary text misses, and with keys of forty characters one look-up passes thirty-seven bytes. Only at a hit the starts
// that the block could belong to are tried one by one.
type table struct {
	patterns [][]byte    // sorted, all at least shortestWhole long, in locked memory
	first    [257]uint16 // patterns[first[c]:first[c+1]] begin with byte c
	shortest int
	longest  int

	blocks   bitSet // of every block that starts in a pattern's first shortest-3 bytes
	prefixes bitSet // of the first block of each pattern
}

const blockSize = 4

func newTable(patterns [][]byte) *table {
	slices.SortFunc(patterns, bytes.Compare)
	t := &table{patterns: patterns}
	if len(patterns) == 0 {
		return t
	}
	t.shortest = len(patterns[0])
	for _, p := range patterns {
		t.shortest, t.longest = min(t.shortest, len(p)), max(t.longest, len(p))
		t.first[int(p[0])+1]++
	}
	for c := range 256 {
		t.first[c+1] += t.first[c]
	}
	// 64 bits for each block: a random block is a false hit once in 64 look-ups.
	t.blocks = newBitSet(64 * len(patterns) * t.stride())
	t.prefixes = newBitSet(64 * len(patterns))
	for _, p := range patterns {
		t.prefixes.add(block(p))
		for i := range t.stride() {
			t.blocks.add(block(p[i:]))
		}
	}
	return t
}

func (t *table) stride() int { return t.shortest - blockSize + 1 }

func (t *table) wipe() {
	clear(t.blocks.words)
	clear(t.prefixes.words)
	clear(t.first[:])
	clear(t.patterns)
	t.patterns = nil
}

// next finds the first start at or after from where data has a pattern, or ends in the proper prefix of one.
//
//   - A pattern: data[start:end] is the longest one there.
//   - A prefix: end is 0. What comes next decides about data[start:], also where a shorter pattern is whole.
//   - Neither: start is len(data).
//
// With final set nothing comes next, and prefixes do not count.
func (t *table) next(data []byte, from int, final bool) (start, end int) {
	if len(t.patterns) == 0 {
		return len(data), 0
	}
	stride := t.stride()
	i := from + stride - 1
	for ; i+blockSize <= len(data); i += stride {
		if !t.blocks.has(block(data[i:])) {
			continue
		}
		for s := i - stride + 1; s <= i; s++ {
			if end, found := t.at(data, s, final); found {
				return s, end
			}
		}
	}
	for s := i - stride + 1; s < len(data); s++ {
		if end, found := t.at(data, s, final); found {
			return s, end
		}
	}
	return len(data), 0
}

// at looks at one start.
func (t *table) at(data []byte, s int, final bool) (end int, found bool) {
	rest := data[s:]
	if len(rest) >= blockSize && !t.prefixes.has(block(rest)) {
		return 0, false
	}
	c := int(rest[0])
	for _, p := range t.patterns[t.first[c]:t.first[c+1]] {
		switch {
		case len(p) <= len(rest):
			if bytes.Equal(p, rest[:len(p)]) {
				end, found = s+len(p), true // of two that fit, the longer comes later: they are sorted
			}
		case !final && bytes.Equal(p[:len(rest)], rest):
			return 0, true
		}
	}
	return end, found
}

// bitSet is a set of block hashes, with false positives.
type bitSet struct {
	words []uint64
	shift int // 64 minus the number of hash bits
}

// newBitSet has at least n bits.
func newBitSet(n int) bitSet {
	size := max(bits.Len(uint(n-1)), 6)
	return bitSet{words: make([]uint64, 1<<(size-6)), shift: 64 - size}
}

func (s *bitSet) index(block uint32) uint64 {
	return uint64(block) * 0x9e3779b97f4a7c15 >> (s.shift & 63)
}

func (s *bitSet) add(block uint32) {
	h := s.index(block)
	s.words[h/64] |= 1 << (h % 64)
}

func (s *bitSet) has(block uint32) bool {
	h := s.index(block)
	return s.words[h/64]>>(h%64)&1 != 0
}

func block(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
