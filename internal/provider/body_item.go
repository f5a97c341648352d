package provider

// inputItem is what is known of one object while it is read.
type inputItem struct {
	typed, image        bool
	stored              bool // its type says that it stands for stored data
	id, content, result bool
	idText              []byte // the id in its quotation marks; nil if it is no text
	referred            int    // references before it

	name     []byte // its type
	source   sourceKind
	picture  bool  // its media type is that of a picture
	low      bool  // its pictures are to be looked at in low detail
	pictures int64 // that it holds by their address
	data     int64 // bytes of base64 in it
	maxUses  int64 // of a tool
}

// reference says whether an item of the responses API stands for one that is stored. The type of such a reference may
// be left out: then an id without content is one. An image call without its image is looked up too.
func (i *inputItem) reference() bool {
	return i.id && (!i.typed && !i.content || i.image && !i.result)
}

// typeName reads the string under "type".
func (r *bodyReader) typeName(item *inputItem) error {
	raw, escaped, err := r.str()
	if err != nil {
		return err
	}
	name, err := decoded(raw, escaped)
	if err != nil {
		return err
	}
	if item.typed {
		return badBody("an object has two types")
	}
	// An item of the conversation that this very WebSocket holds is nothing stored.
	item.stored = storedKind(string(name)) && !(r.shape == shapeRealtime && string(name) == itemReference)
	item.typed, item.name = true, name
	item.image = string(name) == "image_generation_call"
	return nil
}
