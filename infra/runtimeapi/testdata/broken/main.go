// Command broken ends before it asks for work.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("MUSTER_TABLE is not set")
	os.Exit(1)
}
