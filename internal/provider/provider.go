// Package provider is the catalogue of model providers: where they are, which of their endpoints ask a model and which
// reach what is stored there, how a credential is attached, and how a request and an answer are read.
//
// The catalogue is data (catalogue.json): adding a provider is adding a row. What is in no row is refused. Start at
// [Default] and [Catalogue.Route]. This package is the only one that reveals a secret, in [Route.Authorize] and
// [Provider.TestRequest].
package provider

import (
	"errors"
	"fmt"
)

// Class says what an endpoint gives access to.
type Class string

const (
	// Inference asks a model. It is what a grant gives unless it says more.
	Inference Class = "inference"
	// Optional is expensive or leaves objects behind at the provider; it is switched on for each site.
	Optional Class = "optional"
	// Stored reaches everything saved under the key: files, chats, batches.
	Stored Class = "stored"
	// Never makes keys, or reaches the account, credentials or billing. There is no switch.
	Never Class = "never"
)

// Errors of [Catalogue.Route], one for each code that a page may read.
var (
	ErrUnknownProvider = errors.New("no such provider")
	ErrUnknownEndpoint = errors.New("no such endpoint")
	// ErrMethod says that the path exists in the catalogue, but not with this method.
	ErrMethod = errors.New("the endpoint does not take this method")
)

// Errors of [Route.Inspect].
var (
	ErrBadBody    = errors.New("the request body is not what this endpoint takes")
	ErrNumber     = fmt.Errorf("%w: a number in it makes no sense", ErrBadBody)
	ErrModelName  = fmt.Errorf("%w: the model is not a name", ErrBadBody)
	ErrMediaType  = errors.New("the content type is not one that this endpoint takes")
	ErrStoredData = errors.New("the request names data stored at the provider")
)
