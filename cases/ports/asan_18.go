// Since 1.18 there is -asan.
package main

import platform "tlsmatrix.ports/platform"

func asanSupported(goos, goarch string) bool {
	return platform.ASanSupported(goos, goarch)
}
