// Up to 1.17 there is no -asan (cmd/go/internal/work/build.go AddBuildFlags).
package main

func asanSupported(_, _ string) bool {
	return false
}
