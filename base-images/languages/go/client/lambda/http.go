package lambda

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// As much of HTTP/1.1 as a client of one local API needs. A request is one write; an answer is most often one read.

const (
	bufferSize = 4 << 10
	maxHead    = 1 << 20
	// A body up to this size goes into the buffer of its head, so that both are one write.
	smallBody = 64 << 10
)

// errLost means that the API closed the connection before any byte of an answer: nothing was said.
var errLost = errors.New("the Runtime API closed the connection without an answer")

// connection is a keep-alive connection, opened when it is needed. It belongs to one goroutine.
type connection struct {
	api   *runtimeAPIClient
	conn  net.Conn
	used  bool   // an answer has come on it, so the API may have closed it since
	in    []byte // what was read and not yet taken: in[start:end]
	start int
	end   int
	out   []byte
}

// answer is the head of an answer. Its body has to be read before the next request.
type answer struct {
	status int
	fields []field
	length int64 // -1: chunked, -2: to the end of the connection
	close  bool
}

type field struct{ name, value string }

// get returns a header's value, or an empty string; names have no case.
func (a *answer) get(name string) string {
	for i := range a.fields {
		if len(a.fields[i].name) == len(name) && strings.EqualFold(a.fields[i].name, name) {
			return a.fields[i].value
		}
	}
	return ""
}

func (c *connection) open() error {
	if c.conn != nil {
		return nil
	}
	conn, err := net.Dial("tcp", c.api.address)
	if err != nil {
		return err
	}
	c.conn, c.used, c.start, c.end = conn, false, 0, 0
	return nil
}

// drop closes the connection; the next request opens another.
func (c *connection) drop() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// roundTrip sends a request and reads the head of its answer. If the API turns out to have closed a connection that
// was used before, the request is sent once more on a new one: no byte of an answer came, so none was given.
func (c *connection) roundTrip(head, body []byte) (*answer, error) {
	for {
		if err := c.open(); err != nil {
			return nil, err
		}
		again := c.used
		answer, err := c.exchange(head, body)
		if err == nil {
			c.used = true
			return answer, nil
		}
		c.drop()
		if !again || !errors.Is(err, errLost) {
			return nil, err
		}
	}
}

// exchange is one try. An API that refuses a body may answer before it has read all of it, so an answer is looked for
// after a failed write, too.
func (c *connection) exchange(head, body []byte) (*answer, error) {
	writeErr := c.write(head, body)
	answer, err := c.readHead()
	if writeErr != nil && err == nil {
		answer.close = true
	}
	return answer, err
}

func (c *connection) write(head, body []byte) error {
	if len(body) <= smallBody {
		c.out = append(append(c.out[:0], head...), body...)
		_, err := c.conn.Write(c.out)
		return err
	}
	pieces := net.Buffers{head, body}
	_, err := pieces.WriteTo(c.conn)
	return err
}

// fill reads more of what comes, once.
func (c *connection) fill() error {
	if c.start == c.end {
		c.start, c.end = 0, 0
	}
	if c.end == len(c.in) {
		if c.start == 0 && len(c.in) >= maxHead {
			return errors.New("the head of an answer is too long")
		}
		if c.start == 0 {
			c.in = append(c.in, make([]byte, max(len(c.in), bufferSize))...)
		} else {
			c.end = copy(c.in, c.in[c.start:c.end])
			c.start = 0
		}
	}
	n, err := c.conn.Read(c.in[c.end:])
	c.end += n
	if n > 0 {
		return nil
	}
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

var blankLine = []byte("\r\n\r\n")

func (c *connection) readHead() (*answer, error) {
	for {
		if at := bytes.Index(c.in[c.start:c.end], blankLine); at >= 0 {
			head := string(c.in[c.start : c.start+at])
			c.start += at + len(blankLine)
			answer, err := parseHead(head)
			if err != nil || answer.status >= 200 {
				return answer, err
			}
			continue // 1xx: the answer is still to come
		}
		nothing := c.start == c.end
		if err := c.fill(); err != nil {
			if nothing {
				return nil, fmt.Errorf("%w (%v)", errLost, err)
			}
			return nil, fmt.Errorf("the answer of the Runtime API broke off: %w", err)
		}
	}
}

func parseHead(head string) (*answer, error) {
	line, rest, _ := strings.Cut(head, "\r\n")
	version, code, _ := strings.Cut(line, " ")
	code, _, _ = strings.Cut(code, " ")
	status, err := strconv.Atoi(code)
	if err != nil || !strings.HasPrefix(version, "HTTP/1.") {
		return nil, fmt.Errorf("the Runtime API answered %q, which is not HTTP/1.1", line)
	}
	a := &answer{status: status, length: -2, close: version == "HTTP/1.0", fields: make([]field, 0, 12)}
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		name, value, found := strings.Cut(line, ":")
		if !found {
			return nil, fmt.Errorf("the Runtime API sent the header line %q", line)
		}
		a.fields = append(a.fields, field{name, strings.Trim(value, " \t")})
	}
	return a, a.frame()
}

// frame finds out how the body ends.
func (a *answer) frame() error {
	if strings.Contains(strings.ToLower(a.get("Connection")), "close") {
		a.close = true
	}
	switch length := a.get("Content-Length"); {
	case a.status == 204 || a.status == 304:
		a.length = 0
	case strings.EqualFold(a.get("Transfer-Encoding"), "chunked"):
		a.length = -1
	case length != "":
		n, err := strconv.ParseUint(length, 10, 62)
		if err != nil {
			return fmt.Errorf("the Runtime API sent Content-Length: %q", length)
		}
		a.length = int64(n)
	default:
		a.close = true
	}
	return nil
}

// readBody reads the whole body of an answer. The slice is the caller's.
func (c *connection) readBody(a *answer) (body []byte, err error) {
	switch a.length {
	case -1:
		body, err = c.readChunks()
	case -2:
		body, err = io.ReadAll(reader{c})
	default:
		body = make([]byte, a.length)
		_, err = io.ReadFull(reader{c}, body)
	}
	if err != nil {
		c.drop()
		return nil, fmt.Errorf("the answer of the Runtime API broke off: %w", err)
	}
	if a.close || c.start < c.end { // bytes that nobody asked for
		c.drop()
	}
	return body, nil
}

func (c *connection) readChunks() ([]byte, error) {
	var body []byte
	for {
		line, err := c.readLine()
		if err != nil {
			return nil, err
		}
		size, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 31)
		if err != nil {
			return nil, fmt.Errorf("a chunk of the size %q", size)
		}
		if n == 0 {
			break
		}
		at := len(body)
		body = append(body, make([]byte, n)...)
		if _, err := io.ReadFull(reader{c}, body[at:]); err != nil {
			return nil, err
		}
		if line, err = c.readLine(); err != nil || line != "" {
			return nil, fmt.Errorf("%q after a chunk (%v)", line, err)
		}
	}
	for { // trailers mean nothing here
		if line, err := c.readLine(); err != nil || line == "" {
			return body, err
		}
	}
}

func (c *connection) readLine() (string, error) {
	for {
		if at := bytes.IndexByte(c.in[c.start:c.end], '\n'); at >= 0 {
			line := string(c.in[c.start : c.start+at])
			c.start += at + 1
			return strings.TrimSuffix(line, "\r"), nil
		}
		if err := c.fill(); err != nil {
			return "", err
		}
	}
}

// reader reads what is in the buffer, then past it straight into the caller's slice.
type reader struct{ *connection }

func (r reader) Read(p []byte) (int, error) {
	if r.start < r.end {
		n := copy(p, r.in[r.start:r.end])
		r.start += n
		return n, nil
	}
	return r.conn.Read(p)
}
