package lambda

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lambda-image.internal/go/lambda/messages"
	"lambda-image.internal/go/lambdacontext"
)

type thing struct{ N int }

type handlerBytes struct{}

func (handlerBytes) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	return bytes.ToUpper(payload), nil
}

func TestHandlersOfEveryShapeAreCalled(t *testing.T) {
	for name, row := range map[string]struct {
		handler interface{}
		body    string
	}{
		"func()":                             {func() {}, "null"},
		"func(TIn)":                          {func(thing) {}, "null"},
		"func() error":                       {func() error { return nil }, "null"},
		"func(TIn) error":                    {func(thing) error { return nil }, "null"},
		"func() (TOut, error)":               {func() (int, error) { return 2, nil }, "2"},
		"func(TIn) (TOut, error)":            {func(e thing) (int, error) { return e.N, nil }, "7"},
		"func(any) (TOut, error)":            {func(e interface{}) (interface{}, error) { return e, nil }, `{"n":7}`},
		"func(*TIn) (TOut, error)":           {func(e *thing) (int, error) { return e.N, nil }, "7"},
		"func(Context)":                      {func(context.Context) {}, "null"},
		"func(Context) error":                {func(context.Context) error { return nil }, "null"},
		"func(Context) (TOut, error)":        {func(context.Context) (string, error) { return "<a>", nil }, `"<a>"`},
		"func(Context, TIn)":                 {func(context.Context, thing) {}, "null"},
		"func(Context, TIn) error":           {func(context.Context, thing) error { return nil }, "null"},
		"func(Context, TIn) (TOut, error)":   {func(_ context.Context, e thing) (thing, error) { return e, nil }, `{"N":7}`},
		"func(RawMessage) (RawMessage, err)": {func(e json.RawMessage) (json.RawMessage, error) { return e, nil }, `{"n":7}`},
		"Handler":                            {handlerBytes{}, ` {"N":7} `},
		"NewHandler":                         {NewHandler(func(e thing) (int, error) { return e.N, nil }), "7"},
	} {
		got := answerTo(t, event{body: ` {"n":7} `}, row.handler)
		if got.path != "/invocation/id/response" || got.body != row.body {
			t.Errorf("%s: %s %q", name, got.path, got.body)
		}
	}
}

func TestWhatIsNoHandlerIsToldInWords(t *testing.T) {
	for _, row := range []struct {
		handler interface{}
		words   string
	}{
		{nil, "handler is nil"},
		{7, "handler kind int is not func"},
		{func(int, int) {}, "the first is not Context"},
		{func(context.Context, int, int) {}, "more than two arguments"},
		{func(io.Reader) {}, "it is not context.Context"},
		{func() int { return 1 }, "does not implement error"},
		{func() (int, int) { return 1, 1 }, "the second does not implement error"},
		{func() (int, int, error) { return 1, 1, nil }, "more than two values"},
	} {
		_, err := NewHandler(row.handler).Invoke(context.Background(), nil)
		if err == nil || !strings.Contains(err.Error(), row.words) {
			t.Errorf("%T: %v", row.handler, err)
		}
	}
}

func TestOptionsChangeDecoderEncoderAndContext(t *testing.T) {
	got := answerTo(t, event{body: `{"big":9007199254740993}`}, echo, WithUseNumber(true))
	if got.body != `{"big":9007199254740993}` {
		t.Error(got.body)
	}
	got = answerTo(t, event{body: `{"other":1}`}, func(thing) {}, WithDisallowUnknownFields(true))
	if got.path != "/invocation/id/error" || !strings.Contains(got.body, "Runtime.UnmarshalError") {
		t.Error(got)
	}
	got = answerTo(t, event{body: `"<"`}, echo, WithSetEscapeHTML(true))
	if got.body != `"\u003c"` {
		t.Error(got.body)
	}
	got = answerTo(t, event{body: `{"a":1}`}, echo, WithSetIndent(">", " "))
	if got.body != "{\n> \"a\": 1\n>}\n" {
		t.Errorf("%q", got.body)
	}
	type key struct{}
	got = answerTo(t, event{body: `1`}, func(ctx context.Context) (interface{}, error) { return ctx.Value(key{}), nil },
		WithContextValue(key{}, "value"))
	if got.body != `"value"` {
		t.Error(got.body)
	}
}

func TestContextTellsOfTheInvocation(t *testing.T) {
	var first, second *lambdacontext.LambdaContext
	var traces []interface{}
	var left time.Duration
	a := newAPI(t,
		event{id: "1", body: "1", header: map[string]string{
			headerARN: "arn:1", headerTenantID: "blue", headerTraceID: "Root=1",
			headerClientContext:   `{"client":{"app_title":"é"},"custom":{"k":"v","o":{"a":1}},"env":{"e":"f"}}`,
			headerCognitoIdentity: `{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}`,
		}},
		event{id: "2", body: "1", header: map[string]string{headerDeadline: ""}})
	_ = serveAll(t, a, func(ctx context.Context) {
		lc, _ := lambdacontext.FromContext(ctx)
		if first == nil {
			first = lc
		} else {
			second = lc
		}
		value, set := os.LookupEnv(traceVariable)
		traces = append(traces, ctx.Value("x-amzn-trace-id"), value, set)
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
	})
	if first.AwsRequestID != "1" || first.InvokedFunctionArn != "arn:1" || first.TenantID != "blue" ||
		first.ClientContext.Client.AppTitle != "é" || first.ClientContext.Custom["o"] != `{"a":1}` ||
		first.Identity != (lambdacontext.CognitoIdentity{CognitoIdentityID: "i", CognitoIdentityPoolID: "p"}) {
		t.Errorf("%+v", first)
	}
	if second.AwsRequestID != "2" || second.TenantID != "" || second.ClientContext.Custom != nil {
		t.Errorf("%+v", second)
	}
	if fmt.Sprint(traces) != "[Root=1 Root=1 true   false]" {
		t.Errorf("%q", traces)
	}
	if left < 14*time.Minute || left > 15*time.Minute {
		t.Error("without a deadline:", left)
	}
}

func TestContextThatIsNoJSONFailsThatInvocationOnly(t *testing.T) {
	a := newAPI(t,
		event{id: "1", body: "1", header: map[string]string{headerClientContext: "{"}},
		event{id: "2", body: "1", header: map[string]string{headerCognitoIdentity: "{"}},
		event{id: "3", body: "1", header: map[string]string{headerDeadline: "soon"}},
		event{id: "4", body: "1"})
	_ = serveAll(t, a, echo)
	for n, r := range a.results() {
		if n < 3 != strings.Contains(r.body, "Runtime.LambdaContextUnmarshalError") {
			t.Errorf("%s: %s", r.path, r.body)
		}
	}
}

func TestContextIsDoneAtItsDeadlineOrWhenTheInvocationEnds(t *testing.T) {
	soon := fmt.Sprint(time.Now().Add(100 * time.Millisecond).UnixMilli())
	var kept []context.Context
	a := newAPI(t, event{id: "1", body: "1", header: map[string]string{headerDeadline: soon}}, event{id: "2", body: "1"})
	_ = serveAll(t, a, func(ctx context.Context) (string, error) {
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		kept = append(kept, ctx)
		if len(kept) == 2 {
			return fmt.Sprint(ctx.Err()), nil
		}
		<-child.Done()
		return fmt.Sprint(child.Err(), ", ", ctx.Err()), nil
	})
	results := a.results()
	if results[0].body != `"context deadline exceeded, context deadline exceeded"` || results[1].body != `"<nil>"` {
		t.Errorf("%+v", results)
	}
	if <-kept[1].Done(); kept[1].Err() != context.Canceled {
		t.Error(kept[1].Err())
	}
	late := withDeadline(context.Background(), time.Now().Add(-time.Second))
	if late.Err() != context.DeadlineExceeded {
		t.Error(late.Err())
	}
	if <-late.Done(); late.Err() != context.DeadlineExceeded {
		t.Error(late.Err())
	}
	parent, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	child := withDeadline(parent, time.Now().Add(time.Hour))
	if time.Until(child.deadline) > time.Minute {
		t.Error(child.deadline)
	}
	if cancel(); child.Err() != context.Canceled {
		t.Error(child.Err())
	}
}

type customError struct{ words string }

func (e *customError) Error() string { return e.words }

func TestErrorsAreReportedAndTheProcessGoesOn(t *testing.T) {
	a := newAPI(t, event{id: "1", body: "1", header: map[string]string{headerInvocationID: "n1"}}, event{id: "2", body: "2"})
	calls := 0
	_ = serveAll(t, a, func(e interface{}) (interface{}, error) {
		if calls++; calls == 1 {
			return nil, &customError{"a\r\nX-Injected: yes \x7f 😀"}
		}
		return e, nil
	})
	results := a.results()
	if len(results) != 2 || results[1].body != "2" {
		t.Fatalf("%+v", results)
	}
	r := results[0]
	var body struct {
		ErrorMessage, ErrorType string
		StackTrace              []string
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil || body.ErrorMessage != "a\r\nX-Injected: yes \x7f 😀" ||
		body.ErrorType != "customError" || len(body.StackTrace) != 1 || !strings.Contains(body.StackTrace[0], "client_test.go") {
		t.Errorf("%s (%v)", r.body, err)
	}
	if r.path != "/invocation/1/error" || r.header.Get(headerErrorType) != "Function.customError" ||
		r.header.Get(headerInvocationID) != "n1" || r.header.Get("X-Injected") != "" {
		t.Errorf("%+v", r)
	}
	var cause struct {
		Exceptions []struct {
			Type, Message string
			Stack         []struct{ Path, Label string }
		}
	}
	text := r.header.Get(headerXRayCause)
	if err := json.Unmarshal([]byte(text), &cause); err != nil || cause.Exceptions[0].Message != body.ErrorMessage {
		t.Errorf("%s (%v)", text, err)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Errorf("%q", text)
	}
}

type carrier struct{ counters []uintptr }

func (c *carrier) Error() string         { return "carrier" }
func (c *carrier) StackTrace() []uintptr { return c.counters }

func TestStackThatAnErrorCarriesIsReported(t *testing.T) {
	counters := make([]uintptr, 1)
	var once sync.Once
	once.Do(func() { runtime.Callers(2, counters) }) // of a function in another package: this one's are left out
	r := answerTo(t, event{body: "1"}, func() error { return fmt.Errorf("wrapped: %w", &carrier{counters}) })
	if !strings.Contains(r.body, "sync.(*Once).doSlow") || !strings.Contains(r.header.Get(headerXRayCause), "doSlow") {
		t.Errorf("%+v", r)
	}
}

func TestLongCausesAreLeftOut(t *testing.T) {
	r := answerTo(t, event{body: "1"}, func() error { return errors.New(strings.Repeat("x", 2<<20)) })
	if r.header.Get(headerXRayCause) != "" || len(r.body) < 2<<20 {
		t.Error(len(r.body))
	}
}

func TestErrorOfMessagesIsReportedAsItIs(t *testing.T) {
	r := answerTo(t, event{body: "1"}, func() error {
		return messages.InvokeResponse_Error{Message: "m", Type: "Runtime.Own",
			StackTrace: []*messages.InvokeResponse_Error_StackFrame{{Path: "p", Line: 1, Label: "l"}}}
	})
	if r.body != `{"errorMessage":"m","errorType":"Runtime.Own","stackTrace":["p:1 l"]}` || r.header.Get(headerErrorType) != "Runtime.Own" {
		t.Errorf("%+v", r)
	}
}

func TestValuesWithoutAFormInJSONAreInvocationErrors(t *testing.T) {
	r := answerTo(t, event{body: "1"}, func() (interface{}, error) { return func() {}, nil })
	if r.path != "/invocation/id/error" || r.header.Get(headerErrorType) != "Runtime.MarshalError" {
		t.Errorf("%+v", r)
	}
	r = answerTo(t, event{body: `{"a":`}, echo)
	if r.path != "/invocation/id/error" || r.header.Get(headerErrorType) != "Runtime.UnmarshalError" {
		t.Errorf("%+v", r)
	}
}

// deepest panics in another package: this one's functions are no part of a stack that is reported.
func deepest(message string) { regexp.MustCompile("(" + message) }

func TestPanicIsReportedWithItsStackThenTheProcessEnds(t *testing.T) {
	a := newAPI(t, event{id: "1", body: "1"}, event{id: "2", body: "1"})
	err := serveAll(t, a, func() { deepest("boom") })
	ending, ok := err.(*ending)
	if !ok || ending.status != 1 || len(a.results()) != 1 {
		t.Fatal(err, a.results())
	}
	r := a.results()[0]
	if !strings.Contains(r.body, "boom") || !strings.Contains(r.body, `"errorType":"string"`) ||
		!strings.Contains(r.body, "regexp.MustCompile") || strings.Contains(r.body, "runtime/panic") || r.header.Get(headerErrorType) != "Runtime.Panic" {
		t.Errorf("%+v", r)
	}
}

func TestNilDereferenceIsAPanicToo(t *testing.T) {
	r := answerTo(t, event{body: "1"}, func() (int, error) { var e *thing; return e.N, nil })
	if !strings.Contains(r.body, "nil pointer") {
		t.Error(r.body)
	}
}

type slowStream struct {
	io.Reader
	contentType string
	closed      *bool
}

func (s slowStream) ContentType() string          { return s.contentType }
func (s slowStream) Close() error                 { *s.closed = true; return nil }
func (s slowStream) MarshalJSON() ([]byte, error) { return nil, errors.New("not JSON") }

func TestReadersAreStreamed(t *testing.T) {
	closed := false
	r := answerTo(t, event{body: "1"}, func() (io.Reader, error) {
		return slowStream{strings.NewReader("a\x00\xff"), "text/event-stream", &closed}, nil
	})
	if r.body != "a\x00\xff" || !r.chunked || r.header.Get(headerResponseMode) != "streaming" ||
		r.header.Get("Content-Type") != "text/event-stream" || len(r.trailer[headerErrorType]) != 0 || !closed {
		t.Errorf("%+v", r)
	}
	r = answerTo(t, event{body: "1"}, func() (*bytes.Buffer, error) { return bytes.NewBufferString("raw"), nil })
	if r.body != "raw" || r.header.Get("Content-Type") != contentTypeBytes {
		t.Errorf("%+v", r)
	}
}

func TestLaterFailureOfAStreamIsInItsTrailers(t *testing.T) {
	r := answerTo(t, event{body: "1"}, func() (io.Reader, error) {
		return io.MultiReader(strings.NewReader("abc"), failing{&customError{"late"}}), nil
	})
	body, err := base64.StdEncoding.DecodeString(r.trailer.Get(headerErrorBody))
	if r.path != "/invocation/id/response" || r.body != "abc" || r.trailer.Get(headerErrorType) != "Function.customError" ||
		err != nil || !strings.Contains(string(body), `"errorMessage":"late"`) {
		t.Errorf("%+v %s %v", r, body, err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestStreamThatFailsAtOnceIsAFailedInvocation(t *testing.T) {
	r := answerTo(t, event{body: "1"}, func() (io.Reader, error) { return failing{&customError{"early"}}, nil })
	if r.path != "/invocation/id/error" {
		t.Errorf("%+v", r)
	}
}

type typedReader struct {
	io.Reader
	contentType string
}

func (r *typedReader) ContentType() string          { return r.contentType }
func (r *typedReader) MarshalJSON() ([]byte, error) { return nil, errors.New("a stream") }

func TestContentTypeKeepsToItsLine(t *testing.T) {
	r := answerTo(t, event{body: "1"}, func() (io.Reader, error) {
		return &typedReader{strings.NewReader("x"), "text/plain\r\nX-Injected: čĊ"}, nil
	})
	if r.header.Get("Content-Type") != "text/plain??X-Injected: ??" || r.body != "x" {
		t.Errorf("%+v", r)
	}
}

type closer struct {
	readerFunc
	end func()
}

func (c *closer) Close() error                 { c.end(); return errors.New("closed already") }
func (c *closer) MarshalJSON() ([]byte, error) { return nil, errors.New("a stream") }

func TestStreamIsClosedOnceAndAPanicThereEndsTheProcessInOrder(t *testing.T) {
	for _, panics := range []bool{false, true} {
		closed := 0
		a := newAPI(t, event{id: "1", body: "1"}, event{id: "2", body: "1"})
		err := serveAll(t, a, func() (io.Reader, error) {
			return &closer{strings.NewReader("x").Read, func() {
				if closed++; panics {
					panic("closing")
				}
			}}, nil
		})
		_, ordered := err.(*ending)
		if want := map[bool]int{false: 2, true: 1}[panics]; closed != want || ordered != panics || len(a.results()) != want {
			t.Errorf("%v: %d, %v, %+v", panics, closed, err, a.results())
		}
	}
}

func TestSlowReaderSlowsTheStreamDown(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var given atomic.Int64
	stream := readerFunc(func(p []byte) (int, error) { given.Add(int64(len(p))); return len(p), nil })
	w := newRuntimeAPIClient(listener.Addr().String()).worker(newHandler(echo), nil)
	go func() { _ = w.stream(&invocation{answer: &answer{}, id: "id"}, &result{stream: stream}) }()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	_ = conn.Close()
	if given.Load() > 16<<20 {
		t.Error(given.Load())
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestLostConnectionsCostNoInvocation(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var mutex sync.Mutex
	var posts []string
	left := 20
	go func() { // every connection is closed, without a word, after an answer
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buffer := make([]byte, 1<<16)
				n, err := conn.Read(buffer)
				if err != nil {
					return
				}
				mutex.Lock()
				defer mutex.Unlock()
				if head := string(buffer[:n]); strings.HasPrefix(head, "POST") {
					posts = append(posts, strings.Fields(head)[1])
					fmt.Fprint(conn, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
				} else if left--; left >= 0 {
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%s: %d\r\nContent-Length: 1\r\n\r\n1", headerRequestID, left)
				} else {
					fmt.Fprint(conn, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
				}
			}()
		}
	}()
	_ = serve(newRuntimeAPIClient(listener.Addr().String()), newHandler(echo), 0)
	seen := map[string]bool{}
	for _, path := range posts {
		seen[path] = true
	}
	if len(posts) != 20 || len(seen) != 20 {
		t.Errorf("%d results, %d different", len(posts), len(seen))
	}
}

func TestResultThatIsLostEndsTheProcess(t *testing.T) {
	for _, event := range []string{"good", "bad"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		var posts atomic.Int64
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				for buffer := make([]byte, 64<<10); ; {
					n, err := conn.Read(buffer)
					if err != nil || !bytes.HasPrefix(buffer[:n], []byte("GET ")) {
						posts.Add(1)
						break
					}
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%s: 1\r\nContent-Length: %d\r\n\r\n%q", headerRequestID, len(event)+2, event)
				}
				_ = conn.Close()
			}
		}()
		err = serve(newRuntimeAPIClient(listener.Addr().String()), newHandler(func(do string) error {
			if do == "bad" {
				return errors.New(do)
			}
			return nil
		}), 0)
		if err == nil || !strings.Contains(err.Error(), "could not be posted") || posts.Load() != 2 {
			t.Errorf("%s: %v, %d posts", event, err, posts.Load())
		}
	}
}

func TestInvocationsOfAGroupRunAtTheSameTime(t *testing.T) {
	a := newAPI(t, event{id: "1", body: "1"}, event{id: "2", body: "1"}, event{id: "3", body: "1"}, event{id: "4", body: "1"})
	var all sync.WaitGroup
	all.Add(4)
	_ = serve(newRuntimeAPIClient(a.address()), newHandler(func(ctx context.Context) (string, error) {
		all.Done()
		all.Wait() // none goes on before all are here
		lc, _ := lambdacontext.FromContext(ctx)
		return lc.AwsRequestID, nil
	}), 4)
	for _, r := range a.results() {
		if r.path != "/invocation/"+strings.Trim(r.body, `"`)+"/response" {
			t.Errorf("%+v", r)
		}
	}
	if len(a.results()) != 4 {
		t.Error(len(a.results()))
	}
}

func TestPanicLetsOthersInFlightFinish(t *testing.T) {
	a := newAPI(t, event{id: "1", body: `"panic"`}, event{id: "2", body: `"slow"`})
	both := make(chan struct{}, 2)
	err := serve(newRuntimeAPIClient(a.address()), newHandler(func(what string) (string, error) {
		both <- struct{}{}
		for len(both) < 2 {
			time.Sleep(time.Millisecond)
		}
		if what == "panic" {
			panic(what)
		}
		time.Sleep(200 * time.Millisecond)
		return what, nil
	}), 2)
	if _, ok := err.(*ending); !ok || len(a.results()) != 2 {
		t.Error(err, a.results())
	}
}

func TestOneThatHangsKeepsNoProcessFromEnding(t *testing.T) {
	gone, soon := fmt.Sprint(time.Now().UnixMilli()-1), fmt.Sprint(time.Now().Add(time.Second).UnixMilli())
	a := newAPI(t,
		event{id: "hangs", body: `"hang"`, header: map[string]string{headerDeadline: gone}},
		event{id: "finishes", body: `"wait"`, header: map[string]string{headerDeadline: soon}},
		event{id: "panics", body: `"panic"`, hold: 100 * time.Millisecond})
	ended := make(chan error)
	handler := func(do string) error {
		switch do {
		case "hang":
			select {}
		case "wait":
			time.Sleep(400 * time.Millisecond)
			return nil
		}
		panic(do)
	}
	go func() { ended <- serve(newRuntimeAPIClient(a.address()), newHandler(handler), 3) }()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Fatal("it waits for the one that hangs")
	}
	if a.count("/invocation/finishes/response") != 1 || a.count("/invocation/panics/error") != 1 {
		t.Errorf("%+v", a.results())
	}
}

func TestWorkerOnItsOwnIsAWorker(t *testing.T) {
	a := newAPI(t, event{id: "1", body: "1", header: map[string]string{headerTraceID: "Root=1"}}, event{id: "2", body: "1"})
	a.answer("response", 500)
	_ = serve(newRuntimeAPIClient(a.address()), newHandler(func() (string, error) { return os.Getenv(traceVariable), nil }), 1)
	if results := a.results(); len(results) != 2 || results[0].body != `""` {
		t.Errorf("%+v", results)
	}
}

func TestMemoryOfLargeEventsIsGivenBack(t *testing.T) {
	large := `"` + strings.Repeat("x", 6<<20) + `"`
	events := []event{}
	for n := 0; n < 5; n++ {
		events = append(events, event{id: fmt.Sprint(n), body: large})
	}
	a := newAPI(t, events...)
	if err := serveAll(t, a, func(text string) (int, error) { return len(text), nil }); err == nil {
		t.Fatal("no end")
	}
	if len(a.results()) != 5 || a.results()[4].body != fmt.Sprint(6<<20) {
		t.Error(len(a.results()))
	}
}

func TestHandlersThatWrapOthersSeeEventsAndResults(t *testing.T) {
	handler := NewHandler(func(e thing) (thing, error) { return e, nil })
	body, err := handler.Invoke(context.Background(), []byte(`{"N":3}`))
	if err != nil || string(body) != `{"N":3}` {
		t.Errorf("%s %v", body, err)
	}
	streaming := NewHandler(func() (io.Reader, error) { return strings.NewReader("read"), nil })
	if body, err = streaming.Invoke(context.Background(), nil); err != nil || string(body) != "read" {
		t.Errorf("%s %v", body, err)
	}
}
