package lambda

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"lambda-image.internal/go/internal/logs"
)

// Version is this client's.
const Version = "0.1.0"

const (
	headerRequestID       = "Lambda-Runtime-Aws-Request-Id"
	headerInvocationID    = "Lambda-Runtime-Invocation-Id"
	headerDeadline        = "Lambda-Runtime-Deadline-Ms"
	headerARN             = "Lambda-Runtime-Invoked-Function-Arn"
	headerTraceID         = "Lambda-Runtime-Trace-Id"
	headerClientContext   = "Lambda-Runtime-Client-Context"
	headerCognitoIdentity = "Lambda-Runtime-Cognito-Identity"
	headerTenantID        = "Lambda-Runtime-Aws-Tenant-Id"
	headerResponseMode    = "Lambda-Runtime-Function-Response-Mode"
	headerErrorType       = "Lambda-Runtime-Function-Error-Type"
	headerErrorBody       = "Lambda-Runtime-Function-Error-Body"
	headerXRayCause       = "Lambda-Runtime-Function-XRay-Error-Cause"

	contentTypeJSON  = "application/json"
	contentTypeBytes = "application/octet-stream"

	apiVersion = "2018-06-01"

	resultLimit = 6291556 // bytes of a result; AWS's number, for the message of a 413
)

// How often a GET is tried, and the first pause: each pause is twice the last.
const (
	tries       = 3
	workerTries = 6
)

var firstPause = 100 * time.Millisecond

// runtimeAPIClient knows where the API is. It is always called directly: proxies are none of its business.
type runtimeAPIClient struct {
	host      string
	address   string // the host with a port
	userAgent string
	nextHead  []byte
}

func newRuntimeAPIClient(address string) *runtimeAPIClient {
	api := &runtimeAPIClient{
		host:      address,
		address:   address,
		userAgent: "aws-lambda-go/" + strings.TrimPrefix(runtime.Version(), "go") + "-" + Version,
	}
	if !strings.Contains(address, ":") {
		api.address += ":80"
	}
	api.nextHead = api.get("/runtime/invocation/next")
	return api
}

func (api *runtimeAPIClient) worker(handler *handlerOptions, group *group) *worker {
	return &worker{connection: &connection{api: api}, handler: handler, group: group}
}

func (api *runtimeAPIClient) get(path string) []byte {
	return append(api.request("GET", "/"+apiVersion+path), "\r\n"...)
}

// post is the beginning of a POST; the caller adds headers and ends it.
func (api *runtimeAPIClient) post(path string) []byte {
	return api.request("POST", "/"+apiVersion+path)
}

func (api *runtimeAPIClient) request(method, path string) []byte {
	head := append(make([]byte, 0, 512), method...)
	head = append(append(append(head, ' '), path...), " HTTP/1.1\r\n"...)
	head = appendField(head, "Host", api.host)
	return appendField(head, "User-Agent", api.userAgent)
}

func appendField(head []byte, name, value string) []byte {
	head = append(append(append(head, name...), ": "...), value...)
	return append(head, "\r\n"...)
}

// endHead ends the head of a request with a body of that type and length.
func endHead(head []byte, contentType string, length int) []byte {
	head = append(appendField(head, "Content-Type", contentType), "Content-Length: "...)
	return append(strconv.AppendInt(head, int64(length), 10), "\r\n\r\n"...)
}

// invocation is an event as it came.
type invocation struct {
	*answer
	id      string
	payload []byte
	posted  int // bytes of the result
	// Whether all of the function's own code came back; not where it ended its goroutine.
	returned bool
	// Whether a stream has begun, which is then the only way to say anything.
	streaming bool
}

// path is where the result goes. Whoever chose the id, it stays inside its segment.
func (i *invocation) path(end string) string {
	return "/runtime/invocation/" + escaped(i.id) + "/" + end
}

func escaped(id string) string {
	const plain = "-._~"
	var b strings.Builder
	for n := 0; n < len(id); n++ {
		c := id[n]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// next waits for an event, for as long as it takes: the process may be frozen meanwhile. A connection that is lost is
// opened again, and an API that has a problem (5xx) is asked again, a few times; a refusal ends the process, except
// where other invocations are in flight: there it is tried again, too.
func (w *worker) next() (*invocation, error) {
	pause, most := firstPause, tries
	if w.group != nil {
		most = workerTries
	}
	for try := 1; ; try++ {
		invocation, err := w.tryNext()
		if err == nil {
			return invocation, nil
		}
		refused := invocation != nil && invocation.status < 500
		if refused && w.group == nil || try == most {
			return nil, fmt.Errorf("no event: %w", err)
		}
		time.Sleep(pause)
		pause *= 2
	}
}

// tryNext asks once. With an error it returns an invocation only if the API answered.
func (w *worker) tryNext() (*invocation, error) {
	answer, err := w.roundTrip(w.api.nextHead, nil)
	if err != nil {
		return nil, err
	}
	payload, err := w.readBody(answer)
	invocation := &invocation{answer: answer, id: answer.get(headerRequestID), payload: payload}
	switch {
	case answer.status != 200:
		return invocation, fmt.Errorf("the Runtime API answered GET …/next with status %d %s", answer.status, payload)
	case err != nil && invocation.id != "":
		// It was given to us, and it would time out if nothing were said.
		_ = w.reportFailure(invocation, failureOf(&named{"Runtime.TruncatedEvent", err}))
		return nil, err
	case err != nil:
		return nil, err
	case invocation.id == "":
		return invocation, fmt.Errorf("the Runtime API sent an event without the header %s", headerRequestID)
	}
	return invocation, nil
}

// respond posts a result.
func (w *worker) respond(invocation *invocation, result *result) error {
	head := invocation.appendAttempt(w.api.post(invocation.path("response")))
	return w.send(invocation, head, result.contentType, result.body)
}

// appendAttempt sends back which attempt of the invocation this is, where the API said so.
func (i *invocation) appendAttempt(head []byte) []byte {
	if id := i.get(headerInvocationID); id != "" && !strings.ContainsAny(id, "\r\n") {
		head = appendField(head, headerInvocationID, id)
	}
	return head
}

// send posts a body. An error means that the process has to end.
func (w *worker) send(invocation *invocation, head []byte, contentType string, body []byte) error {
	invocation.posted = len(body)
	answer, err := w.roundTrip(endHead(head, contentType, len(body)), body)
	if err != nil && w.group == nil {
		return fmt.Errorf("the result could not be posted: %w", err)
	}
	return w.accepted(invocation, answer, err)
}

// accepted reads the answer to a result. Said once is enough, whatever the answer: a second copy would be another's.
func (w *worker) accepted(invocation *invocation, answer *answer, err error) error {
	var said []byte
	if err == nil {
		said, err = w.readBody(answer)
	}
	switch {
	case err != nil:
		w.drop()
		w.complain(invocation, "the result may be lost: %v", err)
	case answer.status == 413:
		w.complain(invocation, "413: the result of %d bytes is larger than Lambda takes, %d", invocation.posted, resultLimit)
	case answer.status == 410:
		w.complain(invocation, "410: the result came too late")
	case answer.status >= 500 && w.group == nil:
		return fmt.Errorf("the Runtime API answered the result with status %d %s", answer.status, said)
	case answer.status >= 300:
		w.complain(invocation, "the Runtime API refused the result with status %d %s", answer.status, said)
	}
	return nil
}

func (w *worker) complain(invocation *invocation, format string, values ...interface{}) {
	logs.Write(logs.Record{
		Level:     logs.Warn,
		RequestID: invocation.id,
		TenantID:  invocation.get(headerTenantID),
		Message:   fmt.Sprintf(format, values...),
	})
}

// initError reports a failure before the first event. Whatever is answered, it is said once.
func (api *runtimeAPIClient) initError(path string, f *failure) {
	c := &connection{api: api}
	defer c.drop()
	body := f.body()
	head := appendField(api.post(path), headerErrorType, f.category)
	if answer, err := c.roundTrip(endHead(head, contentTypeJSON, len(body)), body); err == nil {
		_, _ = c.readBody(answer)
	}
}
