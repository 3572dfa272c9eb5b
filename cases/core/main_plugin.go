package main

// factor is the plugin's in cases/hosts/plugin/see.go.
const factor = 5

// The plugin: its host (cases/hosts/plugin/main.go) looks up Check and calls it for each id.

// libraryMainRan stays 0: nobody calls a plugin's main (check init.main-not-run).
var libraryMainRan int

func main() { libraryMainRan++ }

// Check observes one check; ok is false when the plugin does not carry it. Plain types, since the
// host and the plugin have a package main each.
func Check(id string) (observed, note, skip string, ok bool) {
	seen, ok := observe(id)
	return seen.observed, seen.note, seen.skip, ok
}
