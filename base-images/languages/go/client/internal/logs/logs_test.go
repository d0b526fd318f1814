package logs

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestFramesHaveExactlyTheseBytes(t *testing.T) {
	var rows []struct {
		Format, Level, Message, Frame string
		Microseconds                  int64
	}
	content, err := os.ReadFile("../../../../../vectors/frames.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no shared vectors beside this module")
	}
	if err := json.Unmarshal(content, &rows); err != nil {
		t.Fatal(err)
	}
	defer func(before bool) { JSON = before }(JSON)
	for _, row := range rows {
		JSON = row.Format == "JSON"
		got := hex.EncodeToString(frame(least(row.Level), []byte(row.Message), time.UnixMicro(row.Microseconds)))
		if got != row.Frame {
			t.Errorf("%+v: %s", row, got)
		}
	}
}

func TestLevelsAreFoundInAnyCase(t *testing.T) {
	for name, level := range map[string]Level{"debug": Debug, "Trace": Trace, "FATAL": Fatal, "": Info, "loud": Info} {
		if least(name) != level {
			t.Errorf("%q: %v", name, least(name))
		}
	}
}

func TestRecordsSayWhatFailed(t *testing.T) {
	r := Record{Level: Error, RequestID: "id", TenantID: "blue", Message: "E: a\n\"b\"", ErrorType: "E", ErrorMessage: "a\n\"b\"", Stack: []string{"f:1 g"}}
	if got := string(r.text("now")); got != "[ERROR]\tnow\tid\tE: a\n\"b\"\n    at f:1 g" {
		t.Errorf("%q", got)
	}
	var back map[string]interface{}
	text := string(r.json("now"))
	if err := json.Unmarshal([]byte(text), &back); err != nil || strings.Contains(text, "\n") || back["requestId"] != "id" ||
		back["tenantId"] != "blue" || back["errorType"] != "E" || back["level"] != "ERROR" {
		t.Errorf("%s (%v)", text, err)
	}
}
