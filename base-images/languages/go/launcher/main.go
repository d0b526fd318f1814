// The launcher is /var/runtime/bootstrap of the images: it becomes the function's own program. An image whose function
// is copied over it does without.
//
// It takes the handler from its argument or from _HANDLER, and starts AWS_LAMBDA_EXEC_WRAPPER where that is set.
package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// The function's program is the first of these that is there.
var programs = []string{"/var/task/bootstrap", "/opt/bootstrap"}

// executionEnvironment is AWS_EXECUTION_ENV; set when the image is built.
var executionEnvironment = "AWS_Lambda_go"

// refusal is why nothing is started, and the status that says so.
type refusal struct {
	status int
	words  string
}

func main() {
	command, environment, refused := launch(os.Args[1:], os.Environ(), programs)
	if refused == nil {
		err := syscall.Exec(command[0], command, environment)
		refused = &refusal{126, fmt.Sprintf("%s: cannot be started: %v", command[0], err)}
	}
	fmt.Fprintln(os.Stderr, "bootstrap:", refused.words)
	os.Exit(refused.status)
}

// launch decides what the process becomes.
func launch(arguments, environment, programs []string) (command, with []string, refused *refusal) {
	variables := map[string]string{}
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	with = environment
	set := func(name, value string) { with = append(without(with, name), name+"="+value) }

	switch {
	case len(arguments) > 1 || len(arguments) == 1 && arguments[0] == "":
		return nil, nil, &refusal{142, fmt.Sprintf("entrypoint requires the handler name to be the first argument, "+
			"and nothing else (got %d arguments): set CMD to it, for example CMD [\"app.handler\"]", len(arguments))}
	case len(arguments) == 1:
		set("_HANDLER", arguments[0])
	case variables["_HANDLER"] == "":
		return nil, nil, &refusal{142, "no handler: set CMD, or _HANDLER, for example CMD [\"app.handler\"]; " +
			"a program that needs no name still gets one"}
	}
	// Lambda sets no HOME, and a container whose user is in no passwd file gets "/": neither can be written.
	if home := variables["HOME"]; home == "" || home == "/" {
		set("HOME", "/tmp")
	}
	set("AWS_EXECUTION_ENV", executionEnvironment)

	program := first(programs)
	if program == "" {
		return nil, nil, &refusal{1, "the function's program is not there: looked for " + strings.Join(programs, ", then ")}
	}
	wrapper := variables["AWS_LAMBDA_EXEC_WRAPPER"]
	if wrapper == "" {
		return []string{program}, with, nil
	}
	if refused = unusable(wrapper); refused != nil {
		return nil, nil, refused
	}
	return []string{wrapper, program}, with, nil
}

func without(environment []string, name string) []string {
	kept := make([]string, 0, len(environment)+1)
	for _, variable := range environment {
		if !strings.HasPrefix(variable, name+"=") {
			kept = append(kept, variable)
		}
	}
	return kept
}

func first(programs []string) string {
	for _, program := range programs {
		if status, err := os.Stat(program); err == nil && status.Mode().IsRegular() {
			return program
		}
	}
	return ""
}

func unusable(wrapper string) *refusal {
	status, err := os.Stat(wrapper)
	switch {
	case err != nil || status.IsDir():
		return &refusal{127, wrapper + ": does not exist (AWS_LAMBDA_EXEC_WRAPPER)"}
	case status.Mode().Perm()&0o111 == 0:
		return &refusal{126, wrapper + ": is not an executable (AWS_LAMBDA_EXEC_WRAPPER)"}
	}
	return nil
}
