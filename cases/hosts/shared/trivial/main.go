// A program with next to nothing in it, which a library of std makes small (runner/build/recipe_shared.c).
package main

func main() {
	made := make(chan int) // its type is described (golang/go#25970)
	_ = made
}
