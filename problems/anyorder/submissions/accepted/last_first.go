// Accepted: fills the order from its end with witnesses nobody waits for.
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
	leaders := make([][]int, n+1)
	awaited := make([]int, n+1)
	for ; m > 0; m-- {
		var a, b int
		fmt.Fscan(in, &a, &b)
		leaders[b] = append(leaders[b], a)
		awaited[a]++
	}
	var order []int
	for w := 1; w <= n; w++ {
		if awaited[w] == 0 {
			order = append(order, w)
		}
	}
	for i := 0; i < len(order); i++ {
		for _, leader := range leaders[order[i]] {
			if awaited[leader]--; awaited[leader] == 0 {
				order = append(order, leader)
			}
		}
	}
	if len(order) < n {
		fmt.Println("mistrial")
		return
	}
	for i := n - 1; i >= 0; i-- {
		fmt.Println(order[i])
	}
}
