package lambda

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"lambda-image.internal/go/internal/logs"
)

const extensionsPath = "/2020-01-01/extension/"

// enableSIGTERM runs the functions when SIGTERM comes. Lambda sends it only to environments with an extension, so
// one is registered that wants no events.
func enableSIGTERM(callbacks []func()) {
	if len(callbacks) > 0 {
		signalled := make(chan os.Signal, 1)
		signal.Notify(signalled, syscall.SIGTERM)
		go func() {
			<-signalled
			for _, callback := range callbacks {
				callback()
			}
		}()
	}
	address := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if address == "" {
		return
	}
	if err := newRuntimeAPIClient(address).registerExtension("GoLangEnableSIGTERM"); err != nil {
		logs.Write(logs.Record{Level: logs.Warn, Message: fmt.Sprintf("SIGTERM may not be sent: %v", err)})
	}
}

func (api *runtimeAPIClient) registerExtension(name string) error {
	c := &connection{api: api}
	body := []byte(`{"events":[]}`)
	head := appendField(api.request("POST", extensionsPath+"register"), "Lambda-Extension-Name", name)
	answer, err := c.roundTrip(endHead(head, contentTypeJSON, len(body)), body)
	if err != nil {
		return err
	}
	if said, err := c.readBody(answer); err != nil || answer.status != 200 {
		c.drop()
		return fmt.Errorf("the extension was not registered: status %d %s", answer.status, said)
	}
	// It has to say that it is ready. There is never an answer, as it wants no events.
	head = appendField(api.request("GET", extensionsPath+"event/next"),
		"Lambda-Extension-Identifier", answer.get("Lambda-Extension-Identifier"))
	go func() { _, _ = c.roundTrip(append(head, "\r\n"...), nil) }()
	return nil
}
