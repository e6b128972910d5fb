// Verifies a proof with Go's own library: `verify_proof VKEY < PROOF`. It prints the entry inside.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[T any](value T, err error) T { check(err); return value }
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	verifier := must(note.NewVerifier(os.Args[1]))
	head, checkpoint, _ := strings.Cut(string(must(io.ReadAll(os.Stdin))), "\n\n")
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		log.Fatal("not a proof")
	}
	extra := must(base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra ")))
	index := must(strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64))
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		proof = append(proof, must(tlog.ParseHash(line)))
	}
	signed := must(note.Open([]byte(checkpoint), note.VerifierList(verifier)))
	text := strings.Replace(signed.Text, verifier.Name()+"\n", "go.sum database tree\n", 1)
	tree := must(tlog.ParseTree([]byte(text)))
	leaf := sha256.Sum256(append([]byte("jaga.leaf.v1\n"), extra...))
	check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf[:])))
	fmt.Println(string(extra[32:]))
}
