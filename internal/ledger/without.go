//go:build !bench

package ledger

// without leaves out what reserves and settles, so that a comparison can say what they add. In every program that people use it
// is this constant.
const without = false
