package lambda

import (
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// As much as is read, and sent as one chunk, at a time.
const chunkSize = 64 << 10

// chunkPrefix is room for a chunk's size before its data, so that a chunk is one write.
const chunkPrefix = len("10000\r\n")

// stream posts a result as it is read. Nothing is sent before there is something: a stream that fails at once is a
// failed invocation. A later failure is said in trailers. Nothing is read ahead of what the API has taken.
func (w *worker) stream(invocation *invocation, result *result) error {
	buffer := make([]byte, chunkPrefix+chunkSize+len("\r\n"))
	n, failed := read(result.stream, buffer[chunkPrefix:chunkPrefix+chunkSize])
	if failed != nil && failed != done && n == 0 {
		invocation.returned = true
		return w.reportFailure(invocation, failed)
	}
	head := w.streamHead(invocation, result.contentType)

	w.drop() // one that may have been closed meanwhile is no place to begin: what was read cannot be read again
	invocation.streaming = true
	err := w.open()
	if err == nil {
		_, err = w.conn.Write(head)
	}
	for err == nil {
		if err = w.chunk(buffer, n); err != nil || failed != nil {
			break
		}
		invocation.posted += n
		n, failed = read(result.stream, buffer[chunkPrefix:chunkPrefix+chunkSize])
	}
	invocation.returned = true
	return w.endStream(invocation, failed, err)
}

// endStream ends a stream, with what failed in it or with what kept it from being sent, and its connection.
func (w *worker) endStream(invocation *invocation, failed *failure, err error) error {
	defer w.drop()
	if failed != nil && failed != done {
		failed.log(invocation.id, invocation.get(headerTenantID))
	}
	if err == nil {
		_, err = w.conn.Write(trailers(failed))
	}
	return w.streamed(invocation, failed, err)
}

func (w *worker) streamHead(invocation *invocation, contentType string) []byte {
	head := appendField(w.api.post(invocation.path("response")), "Content-Type", oneLine(contentType))
	head = appendField(invocation.appendAttempt(head), headerResponseMode, "streaming")
	head = appendField(head, "Transfer-Encoding", "chunked")
	head = appendField(head, "Trailer", headerErrorType+", "+headerErrorBody)
	return append(appendField(head, "Connection", "close"), "\r\n"...)
}

// oneLine is a content type that keeps to its header.
func oneLine(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, value)
}

// streamed reads the answer. One may be there even if not all of the stream was taken.
func (w *worker) streamed(invocation *invocation, failed *failure, err error) error {
	var answer *answer
	if w.conn != nil {
		early, readErr := w.readHead()
		if readErr == nil {
			answer, err = early, nil
		} else if err == nil {
			err = readErr
		}
	}
	err = w.accepted(invocation, answer, err)
	if failed == nil {
		return err
	}
	return exitAfter(failed, err)
}

// done is the end of a stream, as opposed to a failure.
var done = &failure{}

// read reads what is there to be read. A panic is a failure, as it is in the handler.
func read(stream io.Reader, p []byte) (n int, failed *failure) {
	defer func() {
		if value := recover(); value != nil {
			failed = panicked(value)
		}
	}()
	for empty := 0; empty < 100; empty++ {
		n, err := stream.Read(p)
		switch {
		case n < 0 || n > len(p):
			return 0, failureOf(fmt.Errorf("Read returned %d for a buffer of %d bytes", n, len(p)))
		case err == io.EOF:
			return n, done
		case err != nil:
			return n, failureOf(err)
		case n > 0:
			return n, nil
		}
	}
	return 0, failureOf(io.ErrNoProgress)
}

// chunk sends the n bytes after the prefix, together with their frame.
func (w *worker) chunk(buffer []byte, n int) error {
	if n == 0 {
		return nil // a chunk of no bytes would be the end
	}
	size := strconv.AppendInt(make([]byte, 0, chunkPrefix), int64(n), 16)
	start := chunkPrefix - len(size) - len("\r\n")
	copy(buffer[start:], append(size, "\r\n"...))
	end := chunkPrefix + n + copy(buffer[chunkPrefix+n:], "\r\n")
	_, err := w.conn.Write(buffer[start:end])
	return err
}

// trailers end the chunks, and say what went wrong, if something did.
func trailers(failed *failure) []byte {
	end := []byte("0\r\n")
	if failed != nil && failed != done {
		end = appendField(end, headerErrorType, failed.category)
		end = appendField(end, headerErrorBody, encoded(failed.body()))
	}
	return append(end, "\r\n"...)
}

func encoded(body []byte) string { return base64.StdEncoding.EncodeToString(body) }
