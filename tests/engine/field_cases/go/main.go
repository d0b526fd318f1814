// What users of AWS's clients met, each by its name: `{"do": "circle"}`.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"lambda-image.internal/go/lambda"
)

var started = strconv.FormatInt(time.Now().UnixNano(), 10)

type event struct {
	Do, Message, Text, URL string
	Names                  []string
	Length, Status         int
}

type unfit struct {
	message string
	cause   error
}

func (u unfit) Error() string { return u.message }
func (u unfit) Unwrap() error { return u.cause }

type node struct{ Next *node }

func write() (interface{}, error) {
	_, _ = os.Stdout.Write([]byte("{\"status\":\"ok\"}\n\xff\x00\n"))
	command := exec.Command("/usr/bin/env", "printf", "%s", "{\"not\": \"the result\"}\n")
	command.Stdout = os.Stdout
	return "untouched", command.Run()
}

func fetch(url string) (interface{}, error) {
	answer, err := http.Get(url)
	if err != nil {
		return err.Error(), nil
	}
	return answer.StatusCode, answer.Body.Close()
}

func cache() (interface{}, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(home+"/.cache", 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(home+"/.cache/kept", []byte("kept"), 0o644); err != nil {
		return nil, err
	}
	kept, err := os.ReadFile(home + "/.cache/kept")
	return string(kept), err
}

func handle(ctx context.Context, given event) (interface{}, error) {
	switch given.Do {
	case "alive":
		return started, nil
	case "remaining":
		deadline, _ := ctx.Deadline()
		return time.Until(deadline).Milliseconds(), nil
	case "text":
		return "é漢😀", nil
	case "fail":
		return nil, unfit{message: given.Message}
	case "chain":
		return nil, unfit{message: "outer", cause: errors.New("inner")}
	case "circle":
		value := &node{}
		value.Next = value
		return value, nil
	case "large":
		return strings.Repeat("x", given.Length), nil
	case "environment":
		found := map[string]interface{}{}
		for _, name := range given.Names {
			found[name] = nil
			if value, set := os.LookupEnv(name); set {
				found[name] = value
			}
		}
		return found, nil
	case "print":
		fmt.Println(given.Text)
		return "printed", nil
	case "unfinished":
		fmt.Print(given.Text)
		return "printed", nil
	case "write":
		return write()
	case "fetch":
		return fetch(given.URL)
	case "cache":
		return cache()
	case "descriptors":
		listed, err := exec.Command("ls", "/proc/self/fd").Output()
		return string(listed), err
	case "time":
		return map[string]time.Time{"t": time.Unix(0, 0).UTC()}, nil
	case "exit":
		os.Exit(given.Status)
	}
	return nil, errors.New(given.Do)
}

type count struct{ N int }

func typed(given count) (int, error) { return given.N, nil }

func main() {
	if os.Getenv("_HANDLER") == "typed" {
		lambda.Start(typed)
	}
	lambda.Start(handle)
}
