package main

import "fmt"

const prime = 998244353

// No recursion: an answer has a larger number than its letter, so sealing from the end works.
func main() {
	var n, s int
	var x uint32
	fmt.Scan(&n, &s, &x)
	answered := make([]int, n+1)
	depth := make([]int, n+1)
	inside := make([]int, n+1)
	depth[1] = 1
	longest := 1
	for i := 2; i <= n; i++ {
		x = 1664525*x + 1013904223
		p := i - 1 - int(x>>8)%s
		if p < 1 {
			p = 1
		}
		answered[i] = p
		depth[i] = depth[p] + 1
		if depth[i] > longest {
			longest = depth[i]
		}
	}
	for v := n; v > 1; v-- {
		p := answered[v]
		inside[p] = (inside[p] + v*(1+inside[v])) % prime
	}
	fmt.Println(longest, (1+inside[1])%prime)
}
