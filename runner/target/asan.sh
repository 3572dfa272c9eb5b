#!/bin/sh
# Starts a program with AddressSanitizer's runtime before everything else, which a library of -asan needs of a program
# without it ("ASan runtime does not come first in initial library list").  Leaks are not looked for: what the hosts
# leave to the end of the process is no fault, and the search stops all threads by ptrace, which tlstrace has.  Nor are
# names that are defined twice: a plugin and its program both have runtime/cgo's C.
LD_PRELOAD=$(gcc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0 exec "$@"
