package main

// What every Go library has in common: it was initialized once and its main was never called.

// initRuns counts package initializations.
var initRuns int

func init() { initRuns++ }

// check_init_main_not_run: libraryMainRan is counted by main (cases/core/main_lib.go, main_plugin.go).
func check_init_main_not_run() observation {
	if control("init.main-not-run", "main") {
		main()
	}
	return observation{observed: "init=" + itoa(initRuns) + " main=" + itoa(libraryMainRan)}
}
