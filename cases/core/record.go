package main

import (
	"strings"
	"syscall"
)

// The write side of the record protocol in Go (its description: harness/record.h; in C:
// harness/probe/record.c), for programs whose main function is Go's. One write per record, so
// that noise on a shared console spoils one line at most.

var recordSeq int

// crc32 is the IEEE 802.3 checksum, as zlib computes it; hash/crc32 would bring packages that the
// cases do not otherwise need.
func crc32(text string) uint32 {
	crc := ^uint32(0)
	for i := 0; i < len(text); i++ {
		crc ^= uint32(text[i])
		for bit := 0; bit < 8; bit++ {
			crc = crc>>1 ^ 0xedb88320&-(crc&1)
		}
	}
	return ^crc
}

var recordEscaper = strings.NewReplacer("\\", "\\\\", "\t", "\\t", "\n", "\\n", "\r", " ", "\x00", " ")

// recordMax bounds a payload, as RECORD_MAX does in harness/record.h; longer ones are cut.
const recordMax = 4096

// record writes one record; the first field is its kind.
func record(fields ...string) {
	for i, field := range fields {
		fields[i] = recordEscaper.Replace(field)
	}
	payload := strings.Join(fields, "\t")
	if len(payload) > recordMax {
		payload = payload[:recordMax]
	}
	recordSeq++
	head := itoa(recordSeq) + " " + itoa(len(payload)) + " "
	crc := crc32(head + payload)
	const digits = "0123456789abcdef"
	line := []byte("\n#tlsm:" + head)
	for shift := uint(0); shift < 32; shift += 4 {
		line = append(line, digits[crc>>(28-shift)&15])
	}
	line = append(line, ' ')
	line = append(line, payload...)
	line = append(line, '\n')
	for len(line) > 0 {
		n, err := syscall.Write(syscall.Stdout, line)
		if err != nil && err != syscall.EINTR && err != syscall.EAGAIN {
			syscall.Exit(70) // a record that cannot be written must not look like a pass
		}
		if n > 0 {
			line = line[n:]
		}
	}
}

// runChecks observes each check in turn and records it; observe is observe of this program or of
// a plugin. Returns the exit status: 0, or 64 when an id is not carried.
func runChecks(ids []string, observe func(string) (observation, bool)) int {
	for _, id := range ids {
		record("begin", id)
		seen, ok := observe(id)
		if !ok {
			syscall.Write(syscall.Stderr, []byte("case: this program does not carry the check "+id+"\n"))
			return 64
		}
		if seen.skip != "" {
			record("skip", id, seen.skip, seen.note)
		} else {
			record("obs", id, seen.observed, seen.note)
		}
	}
	record("end", itoa(recordSeq))
	return 0
}
