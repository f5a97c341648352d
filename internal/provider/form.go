package provider

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"
)

// maxField bounds the value of a field whose value is read, in bytes.
const maxField = 4096

// inspectForm reads the fields of a multipart body. It is stricter than most readers: whatever two readers could take
// differently (a first part without its boundary line, line ends without a carriage return, encoded parts, a field named
// twice) is refused, or a page could show us one model and the provider another.
func inspectForm(boundary string, body []byte, all bool) (f Facts, err error) {
	if !bytes.HasPrefix(body, []byte("--"+boundary+"\r\n")) {
		return Facts{}, badBody("the first line is not the boundary")
	}
	if !bytes.Contains(body, []byte("\r\n--"+boundary+"--")) {
		return Facts{}, badBody("it has no end") // the reader below takes a form cut after a boundary for a whole one
	}
	var named, streamed bool
	for r := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return Facts{}, badBody("it is not a whole form")
		}
		name, file, err := fieldName(part)
		if err != nil {
			return Facts{}, err
		}
		switch {
		case name == "model":
			value, err := field(part)
			if err != nil || named || file {
				return Facts{}, badBody("the model is not one short field")
			}
			named = true
			if err := f.setModel(value); err != nil {
				return Facts{}, err
			}
		case name == "stream":
			value, err := field(part)
			if err != nil || streamed || file {
				return Facts{}, badBody("stream is not one short field")
			}
			streamed = true
			f.Stream = value == "true" || value == "True" || value == "1"
		case reference([]byte(name), true) != "":
			value, err := field(part)
			if err != nil || file {
				return Facts{}, badBody("a reference is not one short field")
			}
			if value == "" {
				continue
			}
			if err := f.refer(value); err != nil {
				return Facts{}, err
			}
		case all && !file:
			if value, err := field(part); err == nil { // a longer one is no id
				if err := f.see(value); err != nil {
					return Facts{}, err
				}
			}
		default:
			if err := f.asks.field(name, file, part); err != nil {
				return Facts{}, err
			}
		}
	}
}

// field notes what a field costs: numbers of pictures, and how large what is to be read is.
func (a *asks) field(name string, file bool, part *multipart.Part) error {
	switch {
	case file:
		n, err := io.Copy(io.Discard, part)
		if err != nil {
			return badBody("it is not a whole form")
		}
		a.fileBytes += n
		if name == "image" || name == "mask" {
			a.images++
		}
		return nil
	case name == "n" || name == "partial_images":
		value, err := field(part)
		n, numErr := strconv.ParseInt(value, 10, 64)
		if err != nil || numErr != nil || n < 0 || n > maxTimes {
			return ErrNumber
		}
		if name == "n" {
			a.answers = max(a.answers, n)
		} else {
			a.partial = max(a.partial, n)
		}
		return nil
	case name == "quality":
		value, err := field(part)
		if err != nil || a.qualityNamed {
			return badBody("the quality is not one short field")
		}
		a.quality, a.qualityNamed = qualityOf([]byte(value)), true
		return nil
	}
	n, err := io.Copy(io.Discard, part)
	a.size += n
	if err != nil {
		return badBody("it is not a whole form")
	}
	return nil
}

// fieldName is the name of a part in lower case and without the brackets of a list, and whether it is a file.
func fieldName(part *multipart.Part) (name string, file bool, err error) {
	if len(part.Header["Content-Disposition"]) != 1 || len(part.Header["Content-Transfer-Encoding"]) > 0 {
		return "", false, badBody("a part has odd headers")
	}
	kind, params, err := mime.ParseMediaType(part.Header["Content-Disposition"][0])
	if err != nil || kind != "form-data" {
		return "", false, badBody("a part is not a field of a form")
	}
	name, ok := params["name"]
	if !ok {
		return "", false, badBody("a part has no name")
	}
	_, file = params["filename"]
	name, _, _ = strings.Cut(name, "[")
	return strings.ToLower(name), file, nil
}

func field(part *multipart.Part) (string, error) {
	b, err := io.ReadAll(io.LimitReader(part, maxField+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxField {
		return "", errors.New("the field is too long")
	}
	return string(b), nil
}
