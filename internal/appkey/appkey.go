// Package appkey knows the programs of this machine that the user gave a key of Oaklock's own: apps.
//
// [Make] makes a key. Only the command line calls it: the key is shown to the user there, once, and its [Sum] alone goes to
// the agent. So the agent, its files and its log never have the key, and nothing that it answers can give it away. The page in the
// window makes its keys itself, so that no method answers one; [Parse] says whether what it made is one.
//
// [Ring] is the agent's side: [Ring.Add] and [Ring.Remove] keep sums by name, and [Ring.Find] says whose key a request
// brought. What an app may do is no matter of this package: that stands in the grants, under [origin.ForApp].
package appkey

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// prefix begins every key, so that a person, and a scanner of source code, sees what it is.
const prefix = "oaklock-app-"

// size is how much chance is in a key, in bytes. It is as much as its sum has, so the sum needs no salt and no slow hash:
// there is nothing to guess from.
const size = 32

var keyLength = len(prefix) + base64.RawURLEncoding.EncodedLen(size)

// ErrKey is text that is not an app's key.
var ErrKey = errors.New("this is not an app's key")

// ErrSum is text that is not the sum of a key.
var ErrSum = errors.New("this is not the SHA-256 of an app's key")

// Sum is the SHA-256 of a key.
type Sum [sha256.Size]byte

// Make makes a key that nobody has had before.
func Make() (key string, sum Sum) {
	var random [size]byte
	_, _ = rand.Read(random[:]) // crypto/rand.Read never fails (its documentation)
	key = prefix + base64.RawURLEncoding.EncodeToString(random[:])
	return key, SumOf(key)
}

// Parse gives the sum of a key that Make did not make: the right form, and as much chance in it as can be told from its length.
func Parse(key string) (Sum, error) {
	rest, ok := strings.CutPrefix(key, prefix)
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if !ok || err != nil || len(b) != size || len(key) != keyLength { // the decoder passes over line breaks
		return Sum{}, ErrKey
	}
	return SumOf(key), nil
}

// SumOf is what is kept of a key.
func SumOf(key string) Sum { return sha256.Sum256([]byte(key)) }

// Hint is a key's last four characters, by which its owner recognises it.
func Hint(key string) string { return key[max(0, len(key)-4):] }

// ParseSum reads what [Sum.String] wrote.
func ParseSum(text string) (Sum, error) {
	var s Sum
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(s) || text != strings.ToLower(text) {
		return s, ErrSum
	}
	copy(s[:], b)
	return s, nil
}

func (s Sum) String() string { return hex.EncodeToString(s[:]) }
