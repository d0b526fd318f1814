package lambda

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

func init() {
	children["start"] = func() { Start(echo) }
	children["invalid"] = func() { Start(7) }
	children["generic"] = func() { StartHandlerFunc(func(context.Context, int) (int, error) { return 1, nil }) }
	children["fail-init"] = func() {
		fmt.Println("about to fail")
		FailInit(&customError{"no database"})
	}
	children["panic-init"] = func() {
		defer RecoverInit()
		deepest("no database")
	}
	children["hooks"] = func() {
		for n := 1; n <= 2; n++ {
			n := n
			RegisterBeforeSnapshot(func(context.Context) error { fmt.Println("before", n); return nil })
			RegisterAfterRestore(func(context.Context) error { fmt.Println("after", n); return nil })
		}
		Start(echo)
	}
	children["before-fails"] = func() {
		RegisterBeforeSnapshot(func(context.Context) error { return errors.New("before") })
		Start(echo)
	}
	children["after-panics"] = func() {
		RegisterAfterRestore(func(context.Context) error { panic("after") })
		Start(echo)
	}
	children["goexit-first"] = func() { Start(func() (io.Reader, error) { return goexit(0), nil }) }
	children["goexit-later"] = func() { Start(func() (io.Reader, error) { return goexit(1), nil }) }
	children["sigterm"] = func() { StartWithOptions(echo, WithEnableSIGTERM(func() {})) }
}

// goexit reads so often, then ends the goroutine that reads.
func goexit(reads int) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if reads == 0 {
			runtime.Goexit()
		}
		reads--
		return copy(p, "x"), nil
	})
}

const snapStart = "AWS_LAMBDA_INITIALIZATION_TYPE=snap-start"

func TestWithoutAnAPITheVariableIsNamed(t *testing.T) {
	status, output := runChild(t, "start", "AWS_LAMBDA_RUNTIME_API=")
	if status == 0 || !strings.Contains(output, "AWS_LAMBDA_RUNTIME_API is not set") || !strings.Contains(output, "emulator") {
		t.Error(status, output)
	}
}

func TestWhatFailsBeforeTheFirstEventIsReportedOnce(t *testing.T) {
	for _, row := range []struct {
		child, path, category, words string
		status                       int
		environment                  []string
	}{
		{"invalid", "/init/error", "Runtime.InitError", "handler kind int", 1, nil},
		{"fail-init", "/init/error", "Runtime.InitError", "no database", 1, nil},
		{"panic-init", "/init/error", "Runtime.InitError", "regexp.MustCompile", 1, nil},
		{"before-fails", "/init/error", "Runtime.BeforeSnapshotError", "before", 64, []string{snapStart}},
		{"after-panics", "/restore/error", "Runtime.AfterRestoreError", "after", 65, []string{snapStart}},
	} {
		for _, answered := range []int{202, 403, 500} {
			a := newAPI(t)
			a.answer("error", answered)
			status, output := runChild(t, row.child, append(row.environment, "AWS_LAMBDA_RUNTIME_API="+a.address())...)
			results := a.results()
			if status != row.status || len(results) != 1 || a.count("/invocation/next") != 0 {
				t.Fatalf("%s: status %d, %+v, %s", row.child, status, results, output)
			}
			r := results[0]
			if r.path != row.path || r.header.Get(headerErrorType) != row.category || !strings.Contains(r.body, row.words) ||
				r.header.Get("User-Agent") == "" || !strings.Contains(output, "[ERROR]") {
				t.Errorf("%s: %+v\n%s", row.child, r, output)
			}
		}
	}
}

func TestReaderThatEndsItsGoroutineIsTold(t *testing.T) {
	for _, several := range []string{"", "1"} {
		for _, child := range []string{"goexit-first", "goexit-later"} {
			a := newAPI(t, event{id: "1", body: "1"})
			status, output := runChild(t, child, "AWS_LAMBDA_MAX_CONCURRENCY="+several, "AWS_LAMBDA_RUNTIME_API="+a.address())
			results := a.results()
			if status != 1 || len(results) != 1 {
				t.Fatalf("%s: status %d, %+v, %s", child, status, results, output)
			}
			r := results[0]
			told := r.header.Get(headerErrorType) + r.trailer.Get(headerErrorType)
			if told != "Runtime.Goexit" || strings.HasSuffix(r.path, "/error") != (child == "goexit-first") {
				t.Errorf("%s: %+v\n%s", child, r, output)
			}
		}
	}
}

func TestSnapshotsComeBetweenTheirHooks(t *testing.T) {
	a := newAPI(t, event{id: "1", body: "1"})
	_, output := runChild(t, "hooks", snapStart, "AWS_LAMBDA_RUNTIME_API="+a.address())
	if !strings.HasPrefix(output, "before 2\nbefore 1\nafter 1\nafter 2\n") {
		t.Error(output)
	}
	if a.requests[0].path != "/restore/next" || a.requests[1].path != "/invocation/next" {
		t.Errorf("%+v", a.requests)
	}
	for _, status := range []int{403, 500} {
		a = newAPI(t)
		a.answer("restore", status)
		ended, _ := runChild(t, "hooks", snapStart, "AWS_LAMBDA_RUNTIME_API="+a.address())
		if ended != 64 || len(a.results()) != 1 || a.results()[0].path != "/init/error" || a.count("/invocation/next") != 0 {
			t.Errorf("%d: %+v", ended, a.requests)
		}
	}
}

func TestOtherInitializationTypesHaveNoSnapshot(t *testing.T) {
	for _, kind := range []string{"", "on-demand", "provisioned-concurrency", "lambda-managed-instances"} {
		a := newAPI(t, event{id: "1", body: "1"})
		_, _ = runChild(t, "generic", "AWS_LAMBDA_INITIALIZATION_TYPE="+kind, "AWS_LAMBDA_RUNTIME_API="+a.address())
		if a.count("/restore/next") != 0 || len(a.results()) != 1 {
			t.Errorf("%q: %+v", kind, a.requests)
		}
	}
}

func TestProxiesAreIgnored(t *testing.T) {
	a := newAPI(t, event{id: "1", body: "1"})
	dead := "http://127.0.0.1:1"
	_, output := runChild(t, "start", "HTTP_PROXY="+dead, "http_proxy="+dead, "ALL_PROXY="+dead, "AWS_LAMBDA_RUNTIME_API="+a.address())
	if len(a.results()) != 1 {
		t.Error(output)
	}
}

func TestSIGTERMIsAskedForByAnExtension(t *testing.T) {
	a := newAPI(t, event{id: "1", body: "1"})
	a.answer("register", 200)
	_, _ = runChild(t, "sigterm", "AWS_LAMBDA_RUNTIME_API="+a.address())
	if a.requests[0].path != "/2020-01-01/extension/register" || a.requests[0].header.Get("Lambda-Extension-Name") == "" {
		t.Errorf("%+v", a.requests)
	}
}
