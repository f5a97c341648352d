// Package oaktest is what tests are made of: a model provider that misbehaves on demand, keys that can be found again
// wherever they leak to, and the https server of a page.
//
//   - [NewProvider] plays all four providers on loopback, records what arrives, and takes a [Fault] for what it should
//     do wrong.
//   - [Key] makes a canary key, and [Scan] fails the test if it is anywhere that it must not be, in whatever form.
//   - [NewPageServer] serves pages of a public origin; the folder browser opens them in Chromium.
//
// It imports no door of Oaklock's: what is tested is never used to test.
package oaktest
