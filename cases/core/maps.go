package main

import (
	"strconv"
	"strings"
)

// A mapping is a line of /proc/self/maps: from what address to what, and permissions as "rw-p" (proc_pid_maps(5)).
type mapping struct {
	from, to    uint64
	permissions string
}

// mappings is what the process has mapped, in order of the addresses; nothing without /proc.
func mappings() (all []mapping) {
	text, _ := readFile("/proc/self/maps")
	for _, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 || len(fields[1]) < 3 {
			continue
		}
		from, to, _ := cut(fields[0], "-")
		low, _ := strconv.ParseUint(from, 16, 64)
		high, _ := strconv.ParseUint(to, 16, 64)
		all = append(all, mapping{low, high, fields[1]})
	}
	return all
}
