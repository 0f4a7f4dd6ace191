package main

import (
	"bufio"
	"os"
	"sort"
	"strconv"
)

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	defer out.Flush()

	next := func() int {
		c, _ := in.ReadByte()
		for c < '0' {
			c, _ = in.ReadByte()
		}
		x := 0
		for c >= '0' {
			x = 10*x + int(c-'0')
			c, _ = in.ReadByte()
		}
		return x
	}

	n, s := next(), next()
	cards := make([]int, n)
	for i := range cards {
		cards[i] = next()
	}
	sort.Ints(cards)
	for i := s; i <= n; i += s {
		out.WriteString(strconv.Itoa(cards[i-1]))
		out.WriteByte('\n')
	}
}
