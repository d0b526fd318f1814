package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"time"
)

type piece struct {
	Text   *string
	Base64 *string
	Fill   int
}

func (p *piece) write(w io.Writer) error {
	switch {
	case p.Text != nil:
		_, err := io.WriteString(w, *p.Text)
		return err
	case p.Base64 != nil:
		data, err := base64.StdEncoding.DecodeString(*p.Base64)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
	block := []byte(strings.Repeat(pattern, 4096))
	for left := p.Fill; left > 0; left -= len(block) {
		if left < len(block) {
			block = block[:left]
		}
		if _, err := w.Write(block); err != nil {
			return err
		}
	}
	return nil
}

// streamed is a stream with a content type of its own; JSON has no form for it.
type streamed struct {
	io.ReadCloser
	contentType string
}

// ContentType is what the client asks for.
func (s *streamed) ContentType() string { return s.contentType }

// MarshalJSON says that this is no JSON.
func (s *streamed) MarshalJSON() ([]byte, error) { return nil, deepest("not JSON") }

type pieces struct {
	Pieces      []piece
	PauseMS     float64 `json:"pause_ms"`
	ContentType string  `json:"content_type"`
	Message     string
}

// written gives what a goroutine writes, as soon as it is written; then the stream ends as the event says.
func (p *pieces) written(end error) io.ReadCloser {
	reader, writer := io.Pipe()
	go func() {
		for n := range p.Pieces {
			if n > 0 {
				time.Sleep(milliseconds(p.PauseMS))
			}
			if p.Pieces[n].write(writer) != nil {
				return
			}
		}
		writer.CloseWithError(end)
	}()
	return reader
}

func stream(event pieces) (io.Reader, error) {
	if event.ContentType == "" {
		return event.written(nil), nil
	}
	return &streamed{event.written(nil), event.ContentType}, nil
}

func streamRaise(event pieces) (io.Reader, error) {
	return event.written(deepest(event.Message)), nil
}

func streamHTTP(event struct {
	Status  int
	Headers map[string]string
	Cookies []string
	Body    string
}) (io.Reader, error) {
	prelude, err := json.Marshal(map[string]interface{}{
		"statusCode": event.Status, "headers": event.Headers, "cookies": event.Cookies,
	})
	if err != nil {
		return nil, err
	}
	body := string(prelude) + strings.Repeat("\x00", 8) + event.Body
	return &streamed{io.NopCloser(strings.NewReader(body)), "application/vnd.awslambda.http-integration-response"}, nil
}
