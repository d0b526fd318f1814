package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func program(t *testing.T, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(path, []byte("#!"), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFirstProgramThatIsThereIsStarted(t *testing.T) {
	there := program(t, 0o755)
	command, with, refused := launch([]string{"app"}, []string{"A=1", "B=x=y\nz"}, []string{"/none", there, program(t, 0o755)})
	if refused != nil || !slices.Equal(command, []string{there}) {
		t.Fatal(command, refused)
	}
	for _, variable := range []string{"A=1", "B=x=y\nz", "_HANDLER=app", "HOME=/tmp", "AWS_EXECUTION_ENV=AWS_Lambda_go"} {
		if !slices.Contains(with, variable) {
			t.Errorf("%q is not in %q", variable, with)
		}
	}
}

func TestWhatTheUserSetStays(t *testing.T) {
	_, with, _ := launch(nil, []string{"_HANDLER=h", "HOME=/home/me"}, []string{program(t, 0o755)})
	if !slices.Contains(with, "HOME=/home/me") || slices.Contains(with, "HOME=/tmp") || !slices.Contains(with, "_HANDLER=h") {
		t.Fatal(with)
	}
}

func TestWrapperGetsTheProgram(t *testing.T) {
	there, wrapper := program(t, 0o755), program(t, 0o755)
	command, _, refused := launch([]string{"h"}, []string{"AWS_LAMBDA_EXEC_WRAPPER=" + wrapper}, []string{there})
	if refused != nil || !slices.Equal(command, []string{wrapper, there}) {
		t.Fatal(command, refused)
	}
}

func TestRefusalsHaveTheirStatus(t *testing.T) {
	plain := program(t, 0o644)
	for _, row := range []struct {
		arguments, environment, programs []string
		status                           int
		words                            string
	}{
		{nil, nil, []string{plain}, 142, "CMD"},
		{[]string{""}, nil, []string{plain}, 142, "CMD"},
		{[]string{"a", "b"}, nil, []string{plain}, 142, "got 2"},
		{[]string{"a"}, nil, []string{"/none", "/nowhere"}, 1, "/none, then /nowhere"},
		{[]string{"a"}, []string{"AWS_LAMBDA_EXEC_WRAPPER=/none"}, []string{plain}, 127, "/none: does not exist"},
		{[]string{"a"}, []string{"AWS_LAMBDA_EXEC_WRAPPER=" + plain}, []string{plain}, 126, "is not an executable"},
	} {
		_, _, refused := launch(row.arguments, row.environment, row.programs)
		if refused == nil || refused.status != row.status || !strings.Contains(refused.words, row.words) {
			t.Errorf("%+v: %+v", row, refused)
		}
	}
}
