// Wrong answer: right to the last digit, but "6,5" is no number here.
package main

import (
	"fmt"
	"math"
	"strings"
)

func main() {
	var n int
	fmt.Scan(&n)
	times := make([]float64, n)
	mean, spread := 0.0, 0.0
	for i := range times {
		fmt.Scan(&times[i])
		mean += times[i] / float64(n)
	}
	for _, time := range times {
		spread += (time - mean) * (time - mean) / float64(n)
	}
	text := fmt.Sprintf("%.9f %.9f", mean, math.Sqrt(spread))
	fmt.Println(strings.ReplaceAll(text, ".", ","))
}
