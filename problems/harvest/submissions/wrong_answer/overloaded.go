package main

import "fmt"

// Loads everything. A single basket fits, hardly anything else does.
func main() {
	var n, load int
	fmt.Scan(&n, &load)
	fmt.Println(n)
	for crate := 1; crate <= n; crate++ {
		fmt.Print(crate, " ")
	}
	fmt.Println()
}
