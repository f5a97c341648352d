// Package demo lets a person live through Oaklock without a key of their own: a model provider that answers from a
// table, and a page whose agents ask it.
//
// Start at [Run], which serves both until it is told to stop and prints what to do next. [Provider] alone is the model
// provider, in the shapes of OpenAI, Anthropic, Gemini and Mistral; the fake provider of the tests is built on it.
// [Page] alone is the page.
//
// Nothing here knows anything of the agent: the demo is a site and a provider like any other, and it gets no privilege.
// The only key that it takes is [Key], which is public and opens nothing else. It opens no connection of its own.
package demo

// Key is the key that the demo provider takes. It is not a secret.
const Key = "sk-oaklock-demo"

// The ports that the demo uses unless told otherwise, on loopback only.
const (
	PagePort     = 6256
	ProviderPort = 6257
)
