// Verifies a published log with Go's own library: `verify_log VKEY FOLDER OLDER_SIZE OLDER_ROOT INDEX < HASHES`.
// Standard input: the hashes of our consistency proof, an empty line, those of our inclusion proof of leaf INDEX.
package main

import (
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

type folder string

func (f folder) Height() int                         { return 8 }
func (f folder) SaveTiles(t []tlog.Tile, d [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles { // Go's names have the height too: tile/8/0/000
		data = append(data, f.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
	}
	return data, nil
}
func (f folder) read(name string) []byte { return must(os.ReadFile(string(f) + "/" + name)) }

func must[T any](value T, err error) T { check(err); return value }
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	verifier, files := must(note.NewVerifier(os.Args[1])), folder(os.Args[2])
	signed := must(note.Open(files.read("checkpoint"), note.VerifierList(verifier)))
	text := strings.Replace(signed.Text, verifier.Name()+"\n", "go.sum database tree\n", 1)
	head := must(tlog.ParseTree([]byte(text)))
	older, index := must(strconv.ParseInt(os.Args[3], 10, 64)), must(strconv.ParseInt(os.Args[5], 10, 64))
	olderRoot, reader := must(tlog.ParseHash(os.Args[4])), tlog.TileHashReader(head, files)
	tile := tlog.Tile{H: 8, L: 0, N: index / 256, W: 256} // the bundle beside it has leaves of 32 bytes, each behind its length
	bundle := files.read(strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1))
	leaf := tlog.RecordHash(bundle[index%256*34+2 : index%256*34+34])
	check(tlog.CheckTree(must(tlog.ProveTree(head.N, older, reader)), head.N, head.Hash, older, olderRoot))
	check(tlog.CheckRecord(must(tlog.ProveRecord(head.N, index, reader)), head.N, head.Hash, index, leaf))
	var ours [2][]tlog.Hash
	for i, part := range strings.SplitN(string(must(io.ReadAll(os.Stdin))), "\n\n", 2) {
		for _, line := range strings.Fields(part) {
			ours[i] = append(ours[i], tlog.Hash(must(base64.StdEncoding.DecodeString(line))))
		}
	}
	check(tlog.CheckTree(ours[0], head.N, head.Hash, older, olderRoot))
	check(tlog.CheckRecord(ours[1], head.N, head.Hash, index, leaf))
	fmt.Println(head.N, head.Hash)
}
