package provider

// place is where in a body a value stands, as far as that gives its keys a meaning.
type place uint8

const (
	elsewhere place = iota
	atTop
	inPrompt       // the object "prompt" of the responses API
	inContainer    // the object "container"
	inInput        // the array "input" of the responses API
	inInputItem    // an object in it
	inModels       // the array "models" of OpenRouter: what to fall back on
	inRequests     // the array "requests" of Gemini
	inInnerRequest // an object in it, or "generateContentRequest"
	inResumption   // the object "sessionResumption" of Gemini Live
	inConfig       // the object "generationConfig" of Gemini
	inOptions      // the object "stream_options"
	inParameters   // the object "parameters" of Gemini's predict
	inTools        // the array "tools"
	inTool         // an object in it
	inImage        // an object "image_url"
	inSource       // an object "source" of Anthropic's
	inInline       // an object "inlineData" of Gemini's
	inReference    // what a key that names stored data has for its value
)

// placeOf is the place of the value of a key.
func placeOf(at place, shape string, key []byte) place {
	switch string(key) {
	case "container":
		return inContainer
	case "image_url":
		return inImage
	case "source":
		if shape == shapeAnthropic {
			return inSource
		}
	case "inlineData", "inline_data":
		if shape == shapeGemini {
			return inInline
		}
	case "generateContentRequest", "generate_content_request":
		if at == atTop && shape == shapeGemini {
			return inInnerRequest
		}
	case "sessionResumption", "session_resumption":
		return inResumption
	case "prompt":
		if shape == shapeRealtime { // of a session or an answer; the prompt of a transcription is text
			return inPrompt
		}
	}
	if at != atTop {
		return elsewhere
	}
	switch string(key) {
	case "tools":
		return inTools
	case "stream_options":
		return inOptions
	case "generationConfig", "generation_config":
		if shape == shapeGemini {
			return inConfig
		}
	case "parameters":
		if shape == shapeGemini {
			return inParameters
		}
	case "prompt":
		return inPrompt
	case "models":
		return inModels
	case "input":
		if shape == shapeResponses {
			return inInput
		}
	case "requests":
		if shape == shapeGemini {
			return inRequests
		}
	}
	return elsewhere
}

// furtherModels says whether a key that is not the body's own "model" brings in other models: a tool's or an agent's, what to
// fall back on, a router's choice. A provider's new name for the same is not known here; that is why only a grant for all
// models passes what this finds, and every other is asked to name one.
func furtherModels(key string) bool {
	switch key {
	case "model", "models", "fallbacks", "allowed_models", "reasoning_model", "answering_model", "router", "plugins", "extra_body", "compound_custom":
		return true
	}
	return false
}
