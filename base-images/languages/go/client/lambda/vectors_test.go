package lambda

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vector reads a file of those that the clients of all languages share. A module that was fetched has none.
func vector(t *testing.T, name string, rows interface{}) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../../../vectors", name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no shared vectors beside this module")
	}
	if err == nil {
		err = json.Unmarshal(content, rows)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func latin1(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteByte(byte(r))
	}
	return b.String()
}

// connected is a connection whose other end is the test's.
func connected(t *testing.T) (*connection, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = ours.Close(); _ = theirs.Close() })
	return &connection{api: newRuntimeAPIClient("api"), conn: ours}, theirs
}

func TestAnswersAreReadHoweverTheyAreCut(t *testing.T) {
	var rows []struct {
		Name, Bytes, Body string
		Status            int
		Headers           map[string]string
		Reusable, Error   bool
	}
	vector(t, "answers.json", &rows)
	for _, row := range rows {
		for _, size := range []int{1, 3, 1 << 20} {
			row, size := row, size
			c, api := connected(t)
			go func() {
				for data := latin1(row.Bytes); data != ""; {
					n := min(size, len(data))
					_, _ = io.WriteString(api, data[:n])
					data = data[n:]
				}
				_ = api.Close()
			}()
			a, err := c.readHead()
			var body []byte
			if err == nil {
				body, err = c.readBody(a)
			}
			if row.Error {
				if err == nil {
					t.Errorf("%s, %d bytes at a time: no error", row.Name, size)
				}
				continue
			}
			if err != nil || a.status != row.Status || string(body) != latin1(row.Body) {
				t.Errorf("%s, %d bytes at a time: %v %q (%v)", row.Name, size, a, body, err)
				continue
			}
			for name, value := range row.Headers {
				if a.get(name) != latin1(value) {
					t.Errorf("%s: %s is %q", row.Name, name, a.get(name))
				}
			}
			if reusable := c.conn != nil; reusable && !row.Reusable || !reusable && row.Reusable {
				// Bytes that nobody asked for may come later than what was asked for.
				if size > 1<<10 || !strings.Contains(row.Name, "nobody") {
					t.Errorf("%s, %d bytes at a time: reusable is %v", row.Name, size, reusable)
				}
			}
		}
	}
}

func TestRequestsHaveExactlyTheseBytes(t *testing.T) {
	var rows []struct {
		Call, Body, Type, Cause, Bytes string
		RequestID                      string   `json:"request_id"`
		InvocationID                   string   `json:"invocation_id"`
		ContentType                    string   `json:"content_type"`
		Pieces                         []string `json:"pieces"`
		Trailers                       *struct{ Type, Body string }
	}
	vector(t, "requests.json", &rows)
	api := newRuntimeAPIClient("api:9001")
	for _, row := range rows {
		w := api.worker(newHandler(echo), nil)
		i := &invocation{answer: &answer{fields: []field{{headerInvocationID, row.InvocationID}}}, id: row.RequestID}
		var got []byte
		switch row.Call {
		case "next":
			got = api.nextHead
		case "restore-next":
			got = api.get("/runtime/restore/next")
		case "response":
			got = append(endHead(i.appendAttempt(api.post(i.path("response"))), contentTypeJSON, len(row.Body)), row.Body...)
		case "error":
			head := appendField(i.appendAttempt(api.post(i.path("error"))), headerErrorType, row.Type)
			if row.Cause != "" {
				head = appendField(head, headerXRayCause, row.Cause)
			}
			got = append(endHead(head, contentTypeJSON, len(row.Body)), row.Body...)
		case "init-error", "restore-error":
			path := map[string]string{"init-error": "/runtime/init/error", "restore-error": "/runtime/restore/error"}[row.Call]
			got = append(endHead(appendField(api.post(path), headerErrorType, row.Type), contentTypeJSON, len(row.Body)), row.Body...)
		case "stream":
			got = w.streamHead(i, row.ContentType)
			c, end := connected(t)
			read := make(chan []byte)
			go func() { data, _ := io.ReadAll(end); read <- data }()
			buffer := make([]byte, chunkPrefix+chunkSize+2)
			for _, piece := range row.Pieces {
				n := copy(buffer[chunkPrefix:], piece)
				if err := (&worker{connection: c}).chunk(buffer, n); err != nil {
					t.Fatal(err)
				}
			}
			_ = c.conn.Close()
			got = append(got, <-read...)
			if row.Trailers == nil {
				got = append(got, trailers(done)...)
			} else {
				got = append(got, "0\r\n"...)
				got = appendField(got, headerErrorType, row.Trailers.Type)
				got = append(appendField(got, headerErrorBody, encoded([]byte(row.Trailers.Body))), "\r\n"...)
			}
		default:
			t.Fatal("no such call:", row.Call)
		}
		want := strings.NewReplacer("{host}", "api:9001", "{agent}", api.userAgent).Replace(row.Bytes)
		if string(got) != want {
			t.Errorf("%s:\n%q\nwanted\n%q", row.Call, got, want)
		}
	}
}

func TestIdsStayInTheirPlace(t *testing.T) {
	var rows []struct {
		RequestID    string `json:"request_id"`
		Path         string
		InvocationID *string `json:"invocation_id"`
		Header       *string
	}
	vector(t, "ids.json", &rows)
	for _, row := range rows {
		if got := escaped(latin1(row.RequestID)); got != row.Path {
			t.Errorf("%q: %q", row.RequestID, got)
		}
		i := &invocation{answer: &answer{}}
		if row.InvocationID != nil {
			i.fields = []field{{headerInvocationID, latin1(*row.InvocationID)}}
		}
		want := ""
		if row.Header != nil {
			want = headerInvocationID + ": " + latin1(*row.Header) + "\r\n"
		}
		if got := string(i.appendAttempt(nil)); got != want {
			t.Errorf("%v: %q", row.InvocationID, got)
		}
	}
}

func TestTextsAreWrittenAlike(t *testing.T) {
	var rows []struct{ Text, Body string }
	vector(t, "texts.json", &rows)
	for _, row := range rows {
		body, err := newHandler(echo).encode(row.Text)
		var back string
		if err != nil || json.Unmarshal(body, &back) != nil || back != row.Text {
			t.Errorf("%q: %s (%v)", row.Text, body, err)
		}
		// encoding/json escapes some its own way, older ones more of them: the same text, other bytes.
		if !strings.ContainsAny(row.Text, "\u2028\u2029\b\f") && string(body) != row.Body {
			t.Errorf("%q: %s", row.Text, body)
		}
	}
}

func TestTypesBecomeCategories(t *testing.T) {
	var rows []struct{ Type, Header string }
	vector(t, "types.json", &rows)
	for _, row := range rows {
		if got := categoryOf(row.Type); got != row.Header {
			t.Errorf("%q: %q", row.Type, got)
		}
	}
}

func TestStatusesAreTreatedAlike(t *testing.T) {
	var rows []struct {
		Call           string
		Status         int
		Single, Worker string
	}
	vector(t, "statuses.json", &rows)
	for _, row := range rows {
		for concurrent, want := range map[bool]string{false: row.Single, true: row.Worker} {
			var others *group
			if concurrent {
				others = newGroup()
			}
			got := ""
			switch row.Call {
			case "response", "error":
				w := newRuntimeAPIClient("api").worker(newHandler(echo), others)
				c, _ := connected(t)
				w.connection = c
				err := w.accepted(&invocation{answer: &answer{}}, &answer{status: row.Status}, nil)
				got = map[bool]string{true: "go-on", false: "exit"}[err == nil]
			case "next":
				a := newAPI(t)
				a.answer("next", row.Status, 403, 403, 403, 403, 403, 403)
				w := newRuntimeAPIClient(a.address()).worker(newHandler(echo), others)
				_, err := w.next()
				got = map[bool]string{true: "retry", false: "exit"}[a.count("/invocation/next") > 1]
				if err == nil || a.count("/invocation/next") > workerTries {
					t.Errorf("%+v: %v", row, err)
				}
			default:
				continue // see the tests of what comes before the first event
			}
			if got != want {
				t.Errorf("%+v, concurrent %v: %s", row, concurrent, got)
			}
		}
	}
}
