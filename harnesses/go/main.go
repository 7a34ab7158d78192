// A harness over github.com/sugarme/tokenizer: tokenizer.json in Go, no compiled code of others.
//
//	cd harnesses/go && go mod tidy && go build -o /tmp/gotok
//	tokparity backends check 'command:/tmp/gotok,model=DIR'
//
// Offsets are in bytes. The package has no plain mode; its batch calls and its vocabulary are left
// out. What it panics at is an error of the kind Panic.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sugarme/tokenizer"
	"github.com/sugarme/tokenizer/pretrained"
)

const capabilities = "hello load encode decode bye " +
	"specials:parse specials:template skip_special:true skip_special:false"

type object = map[string]any

type request struct {
	Seq         json.RawMessage
	Op, Path    string
	Texts, IDs  []json.RawMessage
	Specials    string
	Offsets     bool
	SkipSpecial bool `json:"skip_special"`
}

var (
	errUnsupported = errors.New("no such op, or not in this way")
	loaded         *tokenizer.Tokenizer
)

func load(path string) (any, error) {
	if about, err := os.Stat(path); err == nil && about.IsDir() {
		path = filepath.Join(path, "tokenizer.json")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if loaded, err = pretrained.FromFile(path); err != nil {
		return nil, err
	}
	digest := fmt.Sprintf("%x", sha256.Sum256(data))
	return object{"artefacts": object{filepath.Base(path): digest}}, nil
}

func encode(given request, item json.RawMessage) (any, error) {
	var text string
	if json.Unmarshal(item, &text) != nil || given.Specials == "plain" {
		return nil, errUnsupported
	}
	seen, err := loaded.EncodeSingle(text, given.Specials == "template")
	if err != nil {
		return nil, err
	}
	ids := append([]int{}, seen.Ids...) // an empty list, not null
	if given.Offsets {
		return object{"ids": ids, "offsets": append([][]int{}, seen.Offsets...)}, nil
	}
	return ids, nil
}

func decode(given request, item json.RawMessage) (any, error) {
	var ids []int
	if err := json.Unmarshal(item, &ids); err != nil {
		return nil, err
	}
	return loaded.Decode(ids, given.SkipSpecial), nil
}

func answer(given request) (any, error) {
	switch given.Op {
	case "hello":
		return object{"protocol": 1, "name": "sugarme-tokenizer", "version": "1", "language": "Go",
			"offsets": "bytes", "capabilities": strings.Fields(capabilities)}, nil
	case "load":
		return load(given.Path)
	case "bye":
		return nil, nil
	case "encode":
		return each(given, given.Texts, encode), nil
	case "decode":
		return each(given, given.IDs, decode), nil
	}
	return nil, errUnsupported
}

type call = func(request, json.RawMessage) (any, error)

// Each item is a call of its own; one that fails, or panics, says so in its place.
func each(given request, items []json.RawMessage, ask call) []any {
	found := make([]any, 0, len(items))
	for _, item := range items {
		found = append(found, guarded(given, item, ask))
	}
	return found
}

func guarded(given request, item json.RawMessage, ask call) (result any) {
	defer func() {
		if reason := recover(); reason != nil {
			result = object{"error": object{"kind": "Panic", "message": fmt.Sprint(reason)}}
		}
	}()
	value, err := ask(given, item)
	if err != nil {
		return told(err)
	}
	return value
}

func told(err error) object {
	if err == errUnsupported {
		return object{"unsupported": err.Error()}
	}
	return object{"error": object{"kind": fmt.Sprintf("%T", err), "message": err.Error()}}
}

func main() {
	lines, out := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var given request
		if err := json.Unmarshal(line, &given); err != nil {
			panic(err)
		}
		result, err := answer(given)
		reply := object{"result": result}
		if err != nil {
			reply = told(err)
		}
		reply["seq"] = given.Seq
		if err := out.Encode(reply); err != nil {
			panic(err)
		}
		if given.Op == "bye" {
			return
		}
	}
}
