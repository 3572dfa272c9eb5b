// The known-good and the known-bad program of a target that has no C compiler (runner/trial/target_check.h);
// where there is one, target.c is that program.
//
//	PROGRAM good NUMBER    says NUMBER+1 and, of the number in TLSMATRIX_TARGET, that number+1; exit 0
//	PROGRAM bad NUMBER     says NUMBER-1 and exits 3: a target must be seen to tell it from the good one
//	PROGRAM words WORD...  says its words and TLSMATRIX_WORDS as they arrived
//	PROGRAM facts          what Go's own runtime knows of the place
package main

import (
	"os"
	"runtime"
)

var records int

// text writes a number in decimal; strconv would be one more package to build for every port.
func text(n uint64) string {
	digits := [20]byte{}
	at := len(digits)
	for {
		at--
		digits[at] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(digits[at:])
		}
	}
}

// number reads a decimal; 0 when it is none.
func number(s string) (n uint64) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		n = n*10 + uint64(s[i]-'0')
	}
	return n
}

// record writes one record as harness/record.h describes it. That of the cases (cases/core/record.go)
// goes by system calls that not every port has.
func record(fields ...string) {
	payload := ""
	for i, field := range fields {
		if i > 0 {
			payload += "\t"
		}
		for _, c := range []byte(field) {
			switch c {
			case '\\':
				payload += "\\\\"
			case '\t':
				payload += "\\t"
			case '\n':
				payload += "\\n"
			default:
				payload += string([]byte{c})
			}
		}
	}
	records++
	head := text(uint64(records)) + " " + text(uint64(len(payload))) + " "
	crc := ^uint32(0)
	for _, c := range []byte(head + payload) {
		crc ^= uint32(c)
		for bit := 0; bit < 8; bit++ {
			crc = crc>>1 ^ 0xedb88320&-(crc&1)
		}
	}
	crc = ^crc
	sum := ""
	for shift := 28; shift >= 0; shift -= 4 {
		sum += "0123456789abcdef"[crc>>shift&15:][:1]
	}
	if _, err := os.Stdout.WriteString("\n#tlsm:" + head + sum + " " + payload + "\n"); err != nil {
		os.Exit(70)
	}
}

func facts() {
	record("obs", "go", runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH, "")
	record("obs", "page-size", text(uint64(os.Getpagesize())), "")
	record("obs", "cpus", text(uint64(runtime.NumCPU())), "")
}

func main() {
	kind, given := "", ""
	if len(os.Args) > 1 {
		kind = os.Args[1]
	}
	if len(os.Args) > 2 {
		given = os.Args[2]
	}
	status := 0
	switch kind {
	case "good":
		record("obs", "number", text(number(given)+1), "")
		record("obs", "variable", text(number(os.Getenv("TLSMATRIX_TARGET"))+1), "")
	case "bad":
		record("obs", "number", text(number(given)-1), "")
		status = 3
	case "words":
		for i, word := range os.Args[2:] {
			record("obs", "word-"+text(uint64(i)), word, "")
		}
		record("obs", "variable", os.Getenv("TLSMATRIX_WORDS"), "")
	case "facts":
		facts()
	default:
		os.Exit(64)
	}
	record("end", text(uint64(records)))
	os.Exit(status)
}
