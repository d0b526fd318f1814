// An echo and nothing else, for `lambda-image bench client`: what is measured then is the client.
package main

import (
	"context"
	"encoding/json"
)

func main() {
	start(func(_ context.Context, event json.RawMessage) (json.RawMessage, error) { return event, nil })
}
