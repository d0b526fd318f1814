package lambdacontext

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

type cyclic struct{ Self *cyclic }

type rude struct{}

func (*rude) Error() string { panic("no text") }

// child logs what the tests look at.
func child() {
	ctx := NewContext(context.Background(), &LambdaContext{AwsRequestID: "id", TenantID: "blue", InvokedFunctionArn: "arn"})
	logger := NewLogger(WithFunctionARN())
	logger.InfoContext(ctx, "info \"é\"\n", "key", 1)
	logger.Log(ctx, slog.LevelDebug-4, "trace")
	logger.Log(ctx, slog.LevelError+4, "fatal")
	logger.With("with", 1).WithGroup("group").InfoContext(ctx, "nested", "key", 1)
	logger.ErrorContext(ctx, "failed", "error", errors.New("boom"))
	loop := &cyclic{}
	loop.Self = loop
	logger.ErrorContext(ctx, "odd", "cyclic", loop, "bytes", []byte{0xff}, "nil", nil, "error", (*rude)(nil))
	logger.Info("outside")
	logger.Warn("warned")
	fmt.Println("ARN", os.Getenv("_LAMBDA_TELEMETRY_LOG_FD"))
}

func TestMain(m *testing.M) {
	if os.Getenv("CHILD") != "" {
		child()
		return
	}
	os.Exit(m.Run())
}

func output(t *testing.T, environment ...string) []string {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), append([]string{"CHILD=1", "TZ=Asia/Tokyo"}, environment...)...)
	text, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for scanner := bufio.NewScanner(bytes.NewReader(text)); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	return lines
}

func TestJSONRecordsHaveLambdasMembers(t *testing.T) {
	records := map[string]map[string]interface{}{}
	for _, line := range output(t, "AWS_LAMBDA_LOG_FORMAT=json", "AWS_LAMBDA_LOG_LEVEL=trace") {
		if strings.HasPrefix(line, "ARN") {
			continue
		}
		var record map[string]interface{}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		message, _, _ := strings.Cut(record["message"].(string), " (a value")
		records[message] = record
	}
	info := records["info \"é\"\n"]
	stamp, err := time.Parse(time.RFC3339, info["timestamp"].(string))
	if err != nil || !strings.HasSuffix(info["timestamp"].(string), "Z") || time.Since(stamp) > time.Minute {
		t.Error(info["timestamp"], err)
	}
	if info["level"] != "INFO" || info["requestId"] != "id" || info["tenantId"] != "blue" || info["functionArn"] != "arn" {
		t.Error(info)
	}
	if records["trace"]["level"] != "TRACE" || records["fatal"]["level"] != "FATAL" {
		t.Error(records["trace"], records["fatal"])
	}
	if nested := records["nested"]; nested["requestId"] != "id" || nested["with"] != 1.0 || fmt.Sprint(nested["group"]) != "map[key:1]" {
		t.Error(nested)
	}
	failed := records["failed"]
	if stack, ok := failed["stackTrace"].([]interface{}); failed["errorType"] != "errorString" || failed["errorMessage"] != "boom" ||
		!ok || len(stack) == 0 {
		t.Error(failed)
	}
	if outside := records["outside"]; outside == nil || outside["requestId"] != nil {
		t.Error(outside)
	}
	if records["odd"] == nil {
		t.Error("the odd record is missing")
	}
}

func TestTextRecordsAreOneLineInUTC(t *testing.T) {
	lines := output(t)
	if !strings.HasPrefix(lines[0], "timestamp="+time.Now().UTC().Format("2006-01-02T15")) ||
		!strings.Contains(lines[0], `level=INFO message="info \"é\"\n" requestId=id tenantId=blue`) {
		t.Error(lines[0])
	}
}

func TestLevelIsTheLeastThatIsWritten(t *testing.T) {
	text := strings.Join(output(t, "AWS_LAMBDA_LOG_LEVEL=Error"), "\n")
	if strings.Contains(text, "info") || strings.Contains(text, "warned") || !strings.Contains(text, "failed") {
		t.Error(text)
	}
}

func TestDescriptorThatIsNoneFallsBackToOutput(t *testing.T) {
	lines := output(t, "_LAMBDA_TELEMETRY_LOG_FD=99")
	if !strings.Contains(lines[0], "level=INFO") || lines[len(lines)-1] != "ARN " {
		t.Error(lines)
	}
}

func TestConcurrencyMeansJSON(t *testing.T) {
	if lines := output(t, "AWS_LAMBDA_MAX_CONCURRENCY=2"); !json.Valid([]byte(lines[0])) {
		t.Error(lines[0])
	}
}
