package base

// More is one function more, with which the library is another one to who was linked to it.
func More() {}
