// Package workers knows how many invocations the environment asks to be handled at the same time.
package workers

import (
	"os"
	"strconv"
)

// Variable is Lambda's.
const Variable = "AWS_LAMBDA_MAX_CONCURRENCY"

// most is that of Lambda's own API: PerExecutionEnvironmentMaxConcurrency.
const most = 1600

// Asked is their number: 0, as if nothing had been asked for, where the text is no number that can be.
func Asked() int { return number(os.Getenv(Variable)) }

func number(text string) int {
	n, _ := strconv.Atoi(text)
	if n < 1 || n > most || strconv.Itoa(n) != text {
		return 0
	}
	return n
}
