package base

// Data is longer than the offsets that an instruction of some processors has room for.
var Data [1<<20 + 10]int64

// Fill has the library write to it.
func Fill() {
	for i := range Data {
		Data[i] = int64(i)
	}
}
