package lambda

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"lambda-image.internal/go/internal/logs"
)

// request is one that the API has got.
type request struct {
	path    string
	header  http.Header
	trailer http.Header
	body    string
	chunked bool
}

// api is a Runtime API: it hands out events, then refuses to, which ends the client.
type api struct {
	*httptest.Server
	mutex    sync.Mutex
	events   []event
	requests []request
	statuses map[string][]int // by the end of the path: what is answered first
}

type event struct {
	id     string
	body   string
	header map[string]string
	hold   time.Duration
}

func newAPI(t *testing.T, events ...event) *api {
	t.Helper()
	a := &api{events: events, statuses: map[string][]int{}}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// answer sets what is answered first to requests whose path ends so.
func (a *api) answer(end string, statuses ...int) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.statuses[end] = statuses
}

func (a *api) address() string { return strings.TrimPrefix(a.URL, "http://") }

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mutex.Lock()
	a.requests = append(a.requests, request{
		path: strings.TrimPrefix(r.URL.EscapedPath(), "/2018-06-01/runtime"), header: r.Header, trailer: r.Trailer,
		body: string(body), chunked: len(r.TransferEncoding) > 0,
	})
	end := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if strings.HasSuffix(r.URL.Path, "/restore/next") {
		end = "restore"
	}
	status := 0
	if left := a.statuses[end]; len(left) > 0 {
		status, a.statuses[end] = left[0], left[1:]
	}
	a.mutex.Unlock()
	switch {
	case status != 0:
		w.WriteHeader(status)
	case end == "next":
		a.next(w)
	case end == "restore":
	default:
		w.WriteHeader(202)
		fmt.Fprintln(w, `{"status":"OK"}`)
	}
}

func (a *api) next(w http.ResponseWriter) {
	a.mutex.Lock()
	if len(a.events) == 0 {
		a.mutex.Unlock()
		w.WriteHeader(403)
		return
	}
	event := a.events[0]
	a.events = a.events[1:]
	a.mutex.Unlock()
	time.Sleep(event.hold)
	w.Header().Set(headerRequestID, event.id)
	w.Header().Set(headerDeadline, fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
	for name, value := range event.header {
		w.Header().Del(name)
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	_, _ = io.WriteString(w, event.body)
}

// results are the requests that are no GETs.
func (a *api) results() []request {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var found []request
	for _, r := range a.requests {
		if !strings.HasSuffix(r.path, "/next") {
			found = append(found, r)
		}
	}
	return found
}

func (a *api) count(path string) (n int) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, r := range a.requests {
		if r.path == path {
			n++
		}
	}
	return n
}

// serveAll serves the events with a handler, one at a time, until the API refuses another.
func serveAll(t *testing.T, a *api, handler interface{}, options ...Option) error {
	t.Helper()
	return serve(newRuntimeAPIClient(a.address()), newHandler(handler, options...), 0)
}

// answerTo is the only result to an event.
func answerTo(t *testing.T, event event, handler interface{}, options ...Option) request {
	t.Helper()
	if event.id == "" {
		event.id = "id"
	}
	a := newAPI(t, event)
	_ = serveAll(t, a, handler, options...)
	results := a.results()
	if len(results) != 1 {
		t.Fatalf("%d results: %+v", len(results), results)
	}
	return results[0]
}

func echo(_ context.Context, event interface{}) (interface{}, error) { return event, nil }

// children are programs that the tests run as processes of their own.
var children = map[string]func(){}

func TestMain(m *testing.M) {
	if child, ok := children[os.Getenv("CHILD")]; ok {
		child()
		return
	}
	firstPause = time.Millisecond
	logs.Least = logs.Fatal // what fails on purpose is not shown
	os.Exit(m.Run())
}

// run runs a child: its exit status and its output.
func runChild(t *testing.T, name string, environment ...string) (int, string) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), append([]string{"CHILD=" + name}, environment...)...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), output.String()
}
