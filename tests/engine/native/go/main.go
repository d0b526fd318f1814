// C in the program itself, and a library of a layer where the program is linked with one.
package main

import (
	"context"

	"lambda-image.internal/go/lambda"
)

func main() {
	lambda.Start(func(context.Context) ([]int, error) { return answers(), nil })
}
