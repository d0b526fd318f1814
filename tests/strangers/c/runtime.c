/* A Lambda runtime for functions written in C: the name in _HANDLER picks one of those that are linked in. */
#define _GNU_SOURCE
#include <errno.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "runtime.h"

#define PREFIX "/2018-06-01/runtime"
static char host[256], port[16];
static int connection = -1;
static struct buffer input;      /* what was received and not yet read */

struct answer { int status; struct buffer head, body; };

static void die(const char *what) { fprintf(stderr, "runtime: %s\n", what); exit(1); }
long long now_ms(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * 1000LL + t.tv_nsec / 1000000; }

static void hang_up(void) { if (connection >= 0) close(connection); connection = -1; input.length = 0; }

/* The address is a name or numbers. A static program's getaddrinfo needs libraries of the system, so /etc/hosts
   is read here. */
static int look_up(struct in_addr *address)
{
    if (inet_aton(host, address)) return 0;
    FILE *file = fopen("/etc/hosts", "r");
    char line[1024];
    while (file && fgets(line, sizeof line, file)) {
        char *rest, *number = strtok_r(line, " \t\n", &rest), *name;
        while (number && (name = strtok_r(NULL, " \t\n", &rest)))
            if (!strcasecmp(name, host) && inet_aton(number, address)) { fclose(file); return 0; }
    }
    if (file) fclose(file);
    return -1;
}

static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    if (look_up(&to.sin_addr)) return -1;
    connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(connection, (struct sockaddr *)&to, sizeof to)) { hang_up(); return -1; }
    int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return 0;
}

/* A connection that the server closed can be read from although nothing was asked. */
static int usable(void)
{
    if (connection < 0) return 0;
    struct pollfd one = {.fd = connection, .events = POLLIN};
    if (poll(&one, 1, 0) == 0) return 1;
    hang_up();
    return 0;
}

static int receive(void)
{
    static char bytes[1 << 16];
    ssize_t count;
    do count = read(connection, bytes, sizeof bytes); while (count < 0 && errno == EINTR);
    if (count <= 0) return -1;
    append(&input, bytes, count);
    return 0;
}

static int take(struct buffer *to, size_t length)
{
    while (input.length < length) if (receive()) return -1;
    append(to, input.bytes, length);
    memmove(input.bytes, input.bytes + length, input.length - length);
    input.length -= length;
    return 0;
}

static int take_line(struct buffer *line)
{
    char *end = NULL;
    line->length = 0;
    while (!input.length || !(end = memchr(input.bytes, '\n', input.length))) if (receive()) return -1;
    if (take(line, end - input.bytes + 1)) return -1;
    while (line->length && strchr("\r\n", line->bytes[line->length - 1])) line->bytes[--line->length] = 0;
    return 0;
}

/* A header's value, to be freed; NULL where it is missing or empty. */
static char *header(const struct answer *from, const char *name)
{
    for (const char *line = from->head.bytes; line && *line; line += strcspn(line, "\n") + 1) {
        size_t length = strlen(name);
        if (strncasecmp(line, name, length) || line[length] != ':') continue;
        const char *value = line + length + 1 + strspn(line + length + 1, " \t");
        return strcspn(value, "\n") ? strndup(value, strcspn(value, "\n")) : NULL;
    }
    return NULL;
}

static int read_answer(struct answer *into)
{
    struct buffer line = {0};
    into->status = 0;
    into->head.length = into->body.length = 0;
    append(&into->head, "", 0);
    append(&into->body, "", 0);
    if (take_line(&line) || sscanf(line.bytes, "HTTP/1.%*1d %d", &into->status) != 1) return -1;
    while (!take_line(&line) && line.length) { append(&into->head, line.bytes, line.length); append(&into->head, "\n", 1); }
    char *coding = header(into, "Transfer-Encoding"), *size = header(into, "Content-Length"), *after = header(into, "Connection");
    int wrong = 0;
    if (coding && !strcasecmp(coding, "chunked")) {
        for (;;) {
            if ((wrong = take_line(&line))) break;
            size_t length = strtoul(line.bytes, NULL, 16);
            if (!length) { while (!(wrong = take_line(&line)) && line.length) {} break; }
            if ((wrong = take(&into->body, length) || take_line(&line))) break;
        }
    } else if (size) wrong = take(&into->body, strtoul(size, NULL, 10));
    else { while (!receive()) {} append(&into->body, input.bytes, input.length); hang_up(); }
    if (after && !strcasecmp(after, "close")) hang_up();
    free(coding); free(size); free(after); free(line.bytes);
    return wrong ? -1 : 0;
}

static void transmit(const struct buffer *bytes)
{
    for (size_t sent = 0; sent < bytes->length;) {
        ssize_t count = send(connection, bytes->bytes + sent, bytes->length - sent, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) return;   /* it may have answered all the same: 413 */
        if (count > 0) sent += count;
    }
}

static int ask(const char *method, const char *path, const char *headers, const struct buffer *body, struct answer *into)
{
    struct buffer request = {0};
    append_text(&request, method); append_text(&request, " " PREFIX); append_text(&request, path);
    append_text(&request, " HTTP/1.1\r\nHost: "); append_text(&request, host); append_text(&request, ":"); append_text(&request, port);
    append_text(&request, "\r\nUser-Agent: c-runtime/1.0\r\n"); append_text(&request, headers);
    if (body) { append_text(&request, "Content-Length: "); append_number(&request, body->length); append_text(&request, "\r\n"); }
    append_text(&request, "\r\n");
    if (body) append(&request, body->bytes, body->length);
    int done = -1;
    for (int attempt = 0; attempt < 2; attempt++) {
        int kept = usable();
        if (!kept && dial()) break;
        transmit(&request);
        done = read_answer(into);
        if (!done) break;
        hang_up();
        if (!kept || into->status) break;   /* a new connection, or half an answer: trying again would not help */
    }
    free(request.bytes);
    return done;
}

static void post(const char *path, const char *headers, const struct buffer *body)
{
    struct answer answer = {0};
    if (ask("POST", path, headers, body, &answer)) die("the Runtime API does not answer");
    if (answer.status != 202) fprintf(stderr, "runtime: the API answered %d to %s: %s\n", answer.status, path, answer.body.bytes);
    if (answer.status >= 500) exit(1);
    free(answer.head.bytes); free(answer.body.bytes);
}

static void report(const char *path, const char *extra, const char *type, const char *message, size_t length)
{
    struct buffer body = {0}, headers = {0};
    fprintf(stderr, "%s: %.*s\n", type, (int)length, message);
    append_text(&body, "{\"errorType\":"); append_json(&body, type);
    append_text(&body, ",\"errorMessage\":"); append_json_of(&body, message, length);
    append_text(&body, ",\"stackTrace\":[]}");
    append_text(&headers, extra);
    append_text(&headers, "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: ");
    if (strncmp(type, "Runtime.", 8)) append_text(&headers, "Function.");
    append_text(&headers, type); append_text(&headers, "\r\n");
    post(path, headers.bytes, &body);
    free(body.bytes); free(headers.bytes);
}

static void serve(handler *run)
{
    struct answer event = {0};
    if (ask("GET", "/invocation/next", "", NULL, &event)) die("the Runtime API does not answer");
    if (event.status != 200) { fprintf(stderr, "runtime: the API answered %d to next\n", event.status); exit(1); }
    char *deadline = header(&event, "Lambda-Runtime-Deadline-Ms"), *trace = header(&event, "Lambda-Runtime-Trace-Id");
    char *attempt = header(&event, "Lambda-Runtime-Invocation-Id");
    struct context context = {
        .request_id = header(&event, "Lambda-Runtime-Aws-Request-Id"),
        .arn = header(&event, "Lambda-Runtime-Invoked-Function-Arn"),
        .client_context = header(&event, "Lambda-Runtime-Client-Context"),
        .identity = header(&event, "Lambda-Runtime-Cognito-Identity"),
        .tenant_id = header(&event, "Lambda-Runtime-Aws-Tenant-Id"),
        .deadline_ms = deadline ? atoll(deadline) : 0,
    };
    if (trace) setenv("_X_AMZN_TRACE_ID", trace, 1); else unsetenv("_X_AMZN_TRACE_ID");
    char path[512], extra[512] = "";
    if (attempt) snprintf(extra, sizeof extra, "Lambda-Runtime-Invocation-Id: %s\r\n", attempt);
    struct buffer result = {0};
    const char *failed = "Runtime.UnmarshalError";
    if (is_json(event.body.bytes, event.body.length)) failed = run(event.body.bytes, event.body.length, &context, &result);
    else append_text(&result, "the event is not JSON");
    fflush(stdout);
    snprintf(path, sizeof path, "/invocation/%s/%s", context.request_id, failed ? "error" : "response");
    if (failed) report(path, extra, failed, result.bytes, result.length);
    else {
        char headers[600];
        snprintf(headers, sizeof headers, "%sContent-Type: application/json\r\n", extra);
        post(path, headers, &result);
    }
    free(deadline); free(trace); free(attempt); free(result.bytes); free(event.head.bytes); free(event.body.bytes);
    free((void *)context.request_id); free((void *)context.arn); free((void *)context.client_context);
    free((void *)context.identity); free((void *)context.tenant_id);
}

static void stop(int number) { _exit(128 + number); }

int main(void)
{
    const char *api = getenv("AWS_LAMBDA_RUNTIME_API"), *name = getenv("_HANDLER"), *colon = api ? strrchr(api, ':') : NULL;
    if (!colon) die("AWS_LAMBDA_RUNTIME_API is not host:port");
    snprintf(host, sizeof host, "%.*s", (int)(colon - api), api);
    snprintf(port, sizeof port, "%s", colon + 1);
    signal(SIGTERM, stop);
    struct buffer message = {0};
    append(&message, "", 0);
    const char *failed = initialise(name ? name : "", &message);
    const struct function *function = functions;
    while (function->name && strcmp(function->name, name ? name : "")) function++;
    if (!failed && !function->name) {
        failed = "Runtime.HandlerNotFound";
        append_text(&message, "no such function: "); append_text(&message, name ? name : "");
    }
    fflush(stdout);
    if (failed) {
        char type[128];
        snprintf(type, sizeof type, "%s%s", strncmp(failed, "Runtime.", 8) ? "Runtime." : "", failed);
        report("/init/error", "", type, message.bytes, message.length);
        return 1;
    }
    for (;;) serve(function->run);
}
