package lambda

import "os"

// FailInit reports an error that keeps the program from serving anything, and ends the process with status 1.
//
//	db, err := connect()
//	if err != nil {
//		lambda.FailInit(err)
//	}
//	lambda.Start(handler)
//
// What fails before main (a package's init, or a variable's value) cannot be reported by anybody: the process ends
// with Go's own message, and Lambda reports Runtime.ExitError.
func FailInit(err error) {
	f := failureOf(err)
	f.category = "Runtime.InitError"
	failInit("/runtime/init/error", f, 1)
}

// RecoverInit reports a panic before Start as FailInit does an error. To be deferred, first thing in main:
//
//	func main() {
//		defer lambda.RecoverInit()
//		lambda.Start(newHandler(mustConnect()))
//	}
func RecoverInit() {
	if value := recover(); value != nil {
		f := panicked(value)
		f.category = "Runtime.InitError"
		failInit("/runtime/init/error", f, 1)
	}
}

// failInit logs, reports and ends.
func failInit(path string, f *failure, status int) {
	f.log("", "")
	if address := os.Getenv("AWS_LAMBDA_RUNTIME_API"); address != "" {
		newRuntimeAPIClient(address).initError(path, f)
	}
	exit(&ending{status: status})
}
