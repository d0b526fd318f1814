package lambda

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// How long after-restore hooks may take, all together.
const restoreTime = 10 * time.Second

// Where only the connection of the call that blocks through the snapshot is lost, the call is made again.
const restoreTries, restorePause = 5, 50 * time.Millisecond

// Hook runs around a snapshot of the process (SnapStart).
type Hook func(context.Context) error

var beforeSnapshot, afterRestore []Hook

// RegisterBeforeSnapshot adds a hook that runs before a snapshot is taken: the last registered runs first.
func RegisterBeforeSnapshot(hook Hook) { beforeSnapshot = append(beforeSnapshot, hook) }

// RegisterAfterRestore adds a hook that runs when a snapshot has come to life: the first registered runs first.
func RegisterAfterRestore(hook Hook) { afterRestore = append(afterRestore, hook) }

// restored takes the process through its snapshot, if there is to be one.
func restored(api *runtimeAPIClient) error {
	if os.Getenv("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start" {
		return nil
	}
	for n := len(beforeSnapshot) - 1; n >= 0; n-- {
		if f := run(context.Background(), beforeSnapshot[n]); f != nil {
			f.category = "Runtime.BeforeSnapshotError"
			failInit("/runtime/init/error", f, 64)
		}
	}
	if err := api.waitForRestore(); err != nil {
		failInit("/runtime/init/error", failureOf(&named{"Runtime.RestoreError", err}), 64)
	}
	if f := afterRestored(); f != nil {
		f.category = "Runtime.AfterRestoreError"
		failInit("/runtime/restore/error", f, 65)
	}
	return nil
}

// waitForRestore blocks through the snapshot.
func (api *runtimeAPIClient) waitForRestore() error {
	status, said, err := api.restoreNext()
	for number := 1; err != nil && number < restoreTries; number++ {
		time.Sleep(restorePause)
		status, said, err = api.restoreNext()
	}
	if err == nil && status != 200 {
		return fmt.Errorf("the Runtime API answered GET …/restore/next with status %d %s", status, said)
	}
	return err
}

// restoreNext makes the call on a connection that is never used again.
func (api *runtimeAPIClient) restoreNext() (status int, said []byte, err error) {
	c := &connection{api: api}
	defer c.drop()
	answer, err := c.roundTrip(api.get("/runtime/restore/next"), nil)
	if err != nil {
		return 0, nil, err
	}
	said, _ = c.readBody(answer)
	return answer.status, said, nil
}

func afterRestored() *failure {
	ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
	defer cancel()
	ended := make(chan *failure, 1)
	go func() {
		for _, hook := range afterRestore {
			if f := run(ctx, hook); f != nil {
				ended <- f
				return
			}
		}
		ended <- nil
	}()
	select {
	case f := <-ended:
		return f
	case <-ctx.Done():
		return failureOf(errors.New("the after-restore hooks took more than 10 seconds"))
	}
}

func run(ctx context.Context, hook Hook) (failed *failure) {
	defer func() {
		if value := recover(); value != nil {
			failed = panicked(value)
		}
	}()
	if err := hook(ctx); err != nil {
		return failureOf(err)
	}
	return nil
}
