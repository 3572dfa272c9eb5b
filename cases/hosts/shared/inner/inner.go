// Package inner is named for no library: that of base has it since base imports it, and the program has it too.
package inner

// Inits counts how often the package was initialized.
var Inits int

// Word is the one variable of that name, or one of two.
var Word = 1

func init() { Inits++ }
