package lambdaimage;

/** Starts the client from the environment: loads the function, passes a snapshot, serves. */
public final class Main {
    private static final String VERSION = "0.1.0";
    /** From the bootstrap, which takes the variable out of the environment. */
    private static final String TELEMETRY = "lambdaimage.telemetry";

    private Main() {}

    public static void main(String[] arguments) {
        String address = System.getenv("AWS_LAMBDA_RUNTIME_API");
        if (address == null || address.isEmpty()) {
            Logs.own("AWS_LAMBDA_RUNTIME_API is not set: there is no Runtime API to ask for events. Locally, AWS's emulator is one");
            System.exit(1);
        }
        RuntimeApi api = new RuntimeApi(address, "aws-lambda-java/" + System.getProperty("java.version") + "-lambda-image-" + VERSION);
        Exit exit = new Exit(api);
        try {
            serve(api, exit);
        } catch (RuntimeApi.Ending ending) {
            Logs.own(ending.getMessage());
            exit.now(ending.status);
        }
    }

    private static void serve(RuntimeApi api, Exit exit) throws RuntimeApi.Ending {
        String descriptor = System.getProperty(TELEMETRY);
        String asked = System.getenv("AWS_LAMBDA_MAX_CONCURRENCY");
        int workers = 0;
        if (asked != null && !asked.isEmpty()) {
            workers = Concurrency.workersOf(asked);
            if (workers == 0) {
                Logs.own("AWS_LAMBDA_MAX_CONCURRENCY is no number from 1 to 1600, and not heeded: " + asked);
            }
        }
        Logs.start(workers > 0, descriptor);
        System.setProperty("java.util.logging.config.class", "lambdaimage.JulConfig");
        System.setProperty("org.crac.Core.Compat", "lambdaimage.crac");
        Handler handler = load(api);
        SnapStart.pass(api, exit);
        exit.started();
        Concurrency.serve(api, handler, workers);
    }

    private static Handler load(RuntimeApi api) throws RuntimeApi.Ending {
        String named = System.getenv("_HANDLER");
        String root = System.getenv("LAMBDA_TASK_ROOT");
        try {
            FunctionLoader loader = new FunctionLoader(root == null || root.isEmpty() ? "/var/task" : root);
            Thread.currentThread().setContextClassLoader(loader);
            Handler handler = Handler.load(named == null ? "" : named, loader);
            Logs.log4j = Log4j.of(loader);
            Logs.flush();
            return handler;
        } catch (Throwable error) {
            Throwable cause = error instanceof ExceptionInInitializerError && error.getCause() != null ? error.getCause() : error;
            Failure failure = new Failure(cause);
            if (!(cause instanceof Failure.Own)) {
                boolean missing = cause instanceof LinkageError;
                failure.category = missing ? "Runtime.ImportModuleError" : "Runtime.InitError";
            }
            failure.log();
            Logs.flush();
            api.reportStart("init/error", failure);
            throw new RuntimeApi.Ending(1, "the function could not be loaded: " + failure.kind + ": " + failure.message);
        }
    }
}
