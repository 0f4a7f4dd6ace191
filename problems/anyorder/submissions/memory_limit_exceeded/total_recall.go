// @EXPECTED_RESULTS@: MEMORY_LIMIT
// Memory limit exceeded: keeps 640 MiB of minutes, every page written, before the first word is said.
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	in := bufio.NewReader(os.Stdin)
	var n, m int
	fmt.Fscan(in, &n, &m)
	var minutes [][]byte
	for page := 0; page < 640; page++ {
		sheet := make([]byte, 1<<20)
		for i := range sheet {
			sheet[i] = byte(page + i)
		}
		minutes = append(minutes, sheet)
	}
	words := 0
	for _, sheet := range minutes {
		words += int(sheet[n])
	}
	fmt.Println("mistrial", words)
}
