// Package logs is where log records leave the process: as frames on the descriptor that Lambda gives, or as lines on
// standard output. Each record is one write, whatever is in it.
package logs

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"lambda-image.internal/go/internal/workers"
)

// Level is Lambda's, in the order of its numbers in frames.
type Level int

// Levels, least first.
const (
	Trace Level = iota + 1
	Debug
	Info
	Warn
	Error
	Fatal
)

var names = [...]string{Trace: "TRACE", Debug: "DEBUG", Info: "INFO", Warn: "WARN", Error: "ERROR", Fatal: "FATAL"}

func (l Level) String() string { return names[l] }

const (
	descriptorVariable = "_LAMBDA_TELEMETRY_LOG_FD"
	frameJSON          = 0xA55A0002
	frameText          = 0xA55A0003
	frameHead          = 4 + 4 + 8
)

var (
	// JSON is the format: asked for, or because invocations share the process.
	JSON = wantsJSON()
	// Least is the least level that is written.
	Least = least(os.Getenv("AWS_LAMBDA_LOG_LEVEL"))

	mutex  sync.Mutex
	output = os.Stdout
	framed = false
)

func init() {
	descriptor := os.Getenv(descriptorVariable)
	if descriptor == "" {
		return
	}
	_ = os.Unsetenv(descriptorVariable) // neither the handler's nor its children's
	number, err := strconv.Atoi(descriptor)
	var status syscall.Stat_t
	if err != nil || number < 0 || syscall.Fstat(number, &status) != nil {
		return
	}
	syscall.CloseOnExec(number)
	output, framed = os.NewFile(uintptr(number), descriptorVariable), true
}

func wantsJSON() bool {
	return workers.Asked() > 0 || strings.EqualFold(os.Getenv("AWS_LAMBDA_LOG_FORMAT"), "JSON")
}

func least(name string) Level {
	for level := Trace; level <= Fatal; level++ {
		if strings.EqualFold(name, level.String()) {
			return level
		}
	}
	return Info
}

// Record is a record of the client's own.
type Record struct {
	Level        Level
	RequestID    string
	TenantID     string
	Message      string
	ErrorType    string
	ErrorMessage string
	Stack        []string
}

// Write writes a record, if its level is wanted.
func Write(record Record) {
	if record.Level < Least {
		return
	}
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	if JSON {
		Put(record.Level, record.json(now))
	} else {
		Put(record.Level, record.text(now))
	}
}

func (r *Record) text(now string) []byte {
	text := fmt.Sprintf("[%s]\t%s\t%s\t%s", r.Level, now, r.RequestID, r.Message)
	for _, line := range r.Stack {
		text += "\n    at " + line
	}
	return []byte(text)
}

func (r *Record) json(now string) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(struct { // strings always have a form in JSON
		Timestamp    string   `json:"timestamp"`
		Level        string   `json:"level"`
		Message      string   `json:"message"`
		RequestID    string   `json:"requestId,omitempty"`
		TenantID     string   `json:"tenantId,omitempty"`
		ErrorType    string   `json:"errorType,omitempty"`
		ErrorMessage string   `json:"errorMessage,omitempty"`
		Stack        []string `json:"stackTrace,omitempty"`
	}{now, r.Level.String(), r.Message, r.RequestID, r.TenantID, r.ErrorType, r.ErrorMessage, r.Stack})
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
}

// Put writes the text of a record: a frame, or a line.
func Put(level Level, text []byte) {
	mutex.Lock()
	defer mutex.Unlock()
	if !framed {
		_, _ = output.Write(append(text, '\n'))
		return
	}
	_, _ = output.Write(frame(level, text, time.Now()))
}

func frame(level Level, text []byte, now time.Time) []byte {
	kind := uint32(frameText)
	if JSON {
		kind = frameJSON
	}
	frame := make([]byte, frameHead, frameHead+len(text))
	binary.BigEndian.PutUint32(frame, kind+4*uint32(level))
	binary.BigEndian.PutUint32(frame[4:], uint32(len(text)))
	binary.BigEndian.PutUint64(frame[8:], uint64(now.UnixMicro()))
	return append(frame, text...)
}
