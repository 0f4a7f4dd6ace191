// Wrong answer: finds the number, and then cannot keep silent.
package main

import "fmt"

func main() {
	var high, guesses int
	fmt.Scan(&high, &guesses)
	low, reply := 1, ""
	for reply != "right" {
		guess := (low + high) / 2
		fmt.Println(guess)
		if _, err := fmt.Scan(&reply); err != nil {
			return
		}
		switch reply {
		case "higher":
			low = guess + 1
		case "lower":
			high = guess - 1
		}
	}
	fmt.Println("I knew it!")
}
