package provider

import (
	"fmt"
	"net/http"
	"strings"
)

// product is what an endpoint makes, as far as that decides what is charged.
type product string

const (
	makesOther      product = "other"      // something that no price here says
	makesText       product = "text"       // input and output in tokens
	makesVectors    product = "vectors"    // input in tokens: embeddings, classes
	makesPictures   product = "pictures"   // each, or in tokens
	makesSpeech     product = "speech"     // the characters that are read aloud
	makesTranscript product = "transcript" // the seconds that are listened to
	makesCount      product = "count"      // nothing is charged: a count, a list, a judgement
)

var ceilingNames = map[string]ceilingName{
	"max_tokens": maxTokensField, "max_completion_tokens": maxCompletionTokensField, "max_output_tokens": maxOutputTokensField,
}

// price sets what decides about cost.
func (e *Endpoint) price(r endpointRow) error {
	e.usualOutput, e.usageChunk = r.UsualOutput, r.UsageChunk
	switch e.makes = product(r.Makes); e.makes {
	case makesOther, makesText, makesVectors, makesPictures, makesSpeech, makesTranscript, makesCount:
	case "":
		e.makes = e.usualProduct()
		if e.Class == Stored { // what is done there in the background costs something that no answer says
			e.makes = map[bool]product{true: makesCount, false: makesOther}[e.Shape == ""]
		}
	default:
		return fmt.Errorf("unknown product %q", r.Makes)
	}
	for _, name := range r.Ceiling {
		field, ok := ceilingNames[name]
		if !ok {
			return fmt.Errorf("unknown ceiling %q", name)
		}
		e.ceilings = append(e.ceilings, field)
	}
	if r.Ceiling != nil || e.makes != makesText {
		return nil
	}
	switch e.Shape {
	case shapeAnthropic:
		e.ceilings = []ceilingName{maxTokensField}
	case shapeResponses:
		e.ceilings = []ceilingName{maxOutputTokensField}
	case shapeGemini:
		e.ceilings = []ceilingName{configField}
	default:
		return fmt.Errorf("no ceiling is named for the shape %q", e.Shape)
	}
	return nil
}

// usualProduct is what a row makes that does not say. Of stored data, those with a shape start work that is paid for later (a
// batch, a run, a training), at no price that could be known; the others keep, change and delete, for which a provider charges
// nothing at once.
func (e *Endpoint) usualProduct() product {
	if e.Class == Stored || e.Class == Never {
		if e.Shape == "" {
			return makesCount
		}
		return makesOther
	}
	switch e.Shape {
	case shapeChat, shapeResponses, shapeAnthropic, shapeGemini:
		return makesText
	}
	if e.Method == http.MethodGet {
		return makesCount
	}
	return makesOther
}

// ceilings are the fields that bound the tokens of an answer to a request, first the one to write; none where there is no
// such field. A server that the user added is taken to know the older name only, unless it is Azure or the model OpenAI's:
// a ceiling that a server passes over bounds nothing.
func (r *Route) ceilings(f Facts) []ceilingName {
	e := r.Endpoint
	if f.asks.predicted {
		return nil
	}
	if !r.Provider.Custom || e.Shape != shapeChat || len(e.ceilings) < 2 {
		return e.ceilings
	}
	switch {
	case reasoningModel(f.Model):
		return []ceilingName{maxCompletionTokensField}
	case strings.HasSuffix(r.Provider.at.host, ".azure.com"), strings.HasPrefix(f.Model, "gpt-"):
		return []ceilingName{maxTokensField, maxCompletionTokensField}
	}
	return []ceilingName{maxTokensField}
}

// reasoningModel says whether a model is one of OpenAI's that refuse max_tokens.
func reasoningModel(model string) bool {
	for _, prefix := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if strings.HasPrefix(model, prefix) {
			return true
		}
	}
	return false
}
