package provider

// reference says whether a key of a request body names data stored at the provider, and by which name to report it. Keys
// are compared without case, underscores and hyphens: Gemini takes two spellings, and some servers any case.
// top: the key stands at the top of the body (or is a form field), where more names have a meaning.
func reference(key []byte, top bool) string {
	var buf [32]byte
	folded, ok := fold(buf[:0], key)
	if !ok {
		return ""
	}
	switch string(folded) {
	case "fileid", "fileids":
		return "file_id"
	case "fileuri":
		return "file_uri"
	case "vectorstoreid", "vectorstoreids":
		return "vector_store_ids"
	case "containerid":
		return "container_id"
	case "cachedcontent":
		return "cachedContent"
	case "skillid":
		return "skill_id"
	case "filesearch", "filesearchstorenames":
		return "file_search"
	case "libraryid", "libraryids":
		return "library_ids"
	case "collectionid", "collectionids":
		return "collection_ids"
	}
	if !top {
		return ""
	}
	switch string(folded) {
	case "previousresponseid":
		return "previous_response_id"
	case "conversation", "conversationid":
		return "conversation"
	case "agentid":
		return "agent_id"
	case "assistantid":
		return "assistant_id"
	case "threadid":
		return "thread_id"
	case "preset":
		return "preset"
	}
	return ""
}

// itemReference is the type of an item that stands for one that was made before.
const itemReference = "item_reference"

// storedKind says whether the "type" of an object makes the object a reference, or a tool that searches stored data.
func storedKind(kind string) bool {
	switch kind {
	case itemReference, "file_search", "collections_search", "container_reference", "skill_reference", "document_library":
		return true
	}
	return false
}

// fold writes key to dst in lower case, without underscores and hyphens. It gives up on keys that are longer than any it
// is compared with. The two letters outside ASCII whose lower case lies inside it are folded too: Go's own decoder does.
func fold(dst, key []byte) ([]byte, bool) {
	for i := 0; i < len(key); i++ {
		c := key[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case c == '_' || c == '-':
			continue
		case c == 0xc5 && i+1 < len(key) && key[i+1] == 0xbf: // ſ
			c = 's'
			i++
		case c == 0xe2 && i+2 < len(key) && key[i+1] == 0x84 && key[i+2] == 0xaa: // K, the Kelvin sign
			c = 'k'
			i += 2
		}
		if len(dst) == cap(dst) {
			return nil, false
		}
		dst = append(dst, c)
	}
	return dst, true
}

// opaque says whether the value under a key is free text or data of the page's own, in which any name may occur and none
// has a meaning for the provider: a tool's schema and arguments, an answer's schema, labels.
func opaque(shape, key string) bool {
	switch key {
	case "parameters", "schema", "metadata":
		return true
	}
	switch shape {
	case shapeAnthropic:
		return key == "input" || key == "input_schema"
	case shapeResponses:
		return key == "annotations" || key == "input_schema"
	case shapeGemini, shapeLive:
		switch key {
		case "args", "response", "labels",
			"parametersJsonSchema", "parameters_json_schema", "responseSchema", "response_schema",
			"responseJsonSchema", "response_json_schema", "_responseJsonSchema":
			return true
		}
	case shapeChat:
		return key == "annotations" || key == "input_schema"
	}
	return false
}
