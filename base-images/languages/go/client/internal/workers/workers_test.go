package workers

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
)

func TestTheNumberIsWhatAllLanguagesTakeItFor(t *testing.T) {
	content, err := os.ReadFile("../../../../../vectors/concurrency.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no shared vectors beside this module")
	}
	var rows []struct {
		Text    string
		Workers int
	}
	if err == nil {
		err = json.Unmarshal(content, &rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if got := number(row.Text); got != row.Workers {
			t.Errorf("%q: %d", row.Text, got)
		}
	}
}
