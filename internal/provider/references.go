package provider

import (
	"strings"
)

// References are the data saved at the provider that a request names. Whether it may is decided above: by what the site was
// allowed, and by whom the ids were issued to.
type References struct {
	IDs   []string // as CanonicalID writes them
	Vague bool     // something is named by other means than an id that an answer gave out: a preset, a search in everything
	// Barred says that no permission covers it: the id is not written plainly, so that the provider might read another id
	// than we do, or it stands for credentials.
	Barred bool
}

const (
	// maxReferences bounds the ids that one request may name.
	maxReferences = 512
	// maxSeen bounds the strings of a request to stored data that are looked up as if they were ids.
	maxSeen = 2048
)

// refer notes an id.
func (f *Facts) refer(id string) error {
	refs := f.references()
	switch plain, kind := CanonicalID(id); kind {
	case PlainID:
		if len(refs.IDs) == maxReferences {
			return badBody("it names too much stored data")
		}
		refs.IDs = append(refs.IDs, plain)
	case ForeignURL:
		refs.Vague = true
	case OddID:
		refs.Barred = true
	}
	return nil
}

func (f *Facts) references() *References {
	if f.Stored == nil {
		f.Stored = &References{}
	}
	return f.Stored
}

// referred is how many references there are by now.
func (f *Facts) referred() int {
	if f.Stored == nil {
		return 0
	}
	n := len(f.Stored.IDs)
	if f.Stored.Vague || f.Stored.Barred {
		n++
	}
	return n
}

// see notes a text that can be an id.
func (f *Facts) see(s string) error {
	id, kind := CanonicalID(s)
	if kind != PlainID || len(id) < shortestID {
		return nil
	}
	if f.Seen == nil {
		f.Seen = new([]string)
	}
	if len(*f.Seen) == maxSeen {
		return badBody("it names too much stored data")
	}
	*f.Seen = append(*f.Seen, id)
	return nil
}

// shortestID is shorter than the ids of every provider.
const shortestID = 6

// IDKind is what a text is that stands where an id should.
type IDKind uint8

const (
	// PlainID can be compared with the ids that were issued.
	PlainID IDKind = iota
	// ForeignURL is the address of something that does not lie at the provider's own host.
	ForeignURL
	// OddID is one that the provider could read as another id: encoded, padded, with dots for a parent.
	OddID
)

// maxID bounds an id in bytes.
const maxID = 512

// CanonicalID writes an id in the one form in which ids are compared. Of a name with slashes ("files/abc",
// "corpora/c/documents/d", the address of a file at Google) it is the last two parts, since answers give the name and
// requests the address. UUIDs, which Mistral takes in several spellings, lose hyphens and case.
func CanonicalID(s string) (string, IDKind) {
	if s == "" || len(s) > maxID {
		return "", OddID
	}
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		host, path, _ := strings.Cut(rest, "/")
		host = strings.ToLower(host)
		if !plainChars(scheme) || !plainChars(host) {
			return "", OddID
		}
		if host != googleHost && !strings.HasSuffix(host, "."+googleHost) {
			return "", ForeignURL
		}
		s = path
	}
	if !plainChars(s) || strings.Contains(s, "//") || strings.Contains(s, "..") || strings.HasPrefix(s, "/") || strings.HasSuffix(s, "/") {
		return "", OddID
	}
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		name, _, _ := strings.Cut(s[i+1:], ":") // a verb: "files/abc:download"
		if name == "" {
			return "", OddID
		}
		return s[strings.LastIndexByte(s[:i], '/')+1:i+1] + name, PlainID
	}
	return plainUUID(s), PlainID
}

const googleHost = "googleapis.com"

func plainChars(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '.', c == ':', c == '/':
		default:
			return false
		}
	}
	return s != ""
}

// plainUUID is a UUID without hyphens, prefix and case, and anything else as it is.
func plainUUID(s string) string {
	hex := strings.ReplaceAll(strings.TrimPrefix(strings.ToLower(s), "urn:uuid:"), "-", "")
	if len(hex) != 32 || strings.Trim(hex, "0123456789abcdef") != "" {
		return s
	}
	return hex
}

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
	case "vaultid", "vaultids":
		return vaultIDs
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

// vaultIDs stand for credentials that Anthropic keeps for its agents. No switch covers those.
const vaultIDs = "vault_ids"

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
