// Package secret holds a credential's bytes so that they cannot be printed, and takes them out of everything that goes
// back to a page.
//
// A [Secret] prints as "[secret]" whatever the verb. A [Redactor] replaces every occurrence of its secrets, also in
// base64 and hex form and however the bytes are split, in a stream that it never delays.
package secret

// Secret is a credential's bytes. Copies share the same memory; Wipe ends them all. The zero value is no secret.
type Secret struct{ b *buffer }
