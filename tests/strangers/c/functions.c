/* The handler contract of lambda-image's suite, as functions in C. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "runtime.h"

#define HANDLER(name) static const char *name(const char *event, size_t length, const struct context *context, struct buffer *result)
#define UNUSED (void)event, (void)length, (void)context, (void)result

static long long started_ms;
static int count;
static const char pattern[] = "0123456789abcdef";

static void wait_ms(long long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&time, &time)) {}
}

static const char *fail(struct buffer *result, char *message, size_t length)
{
    if (message) append(result, message, length); else append_text(result, "boom");
    free(message);
    return "HandlerError";
}

HANDLER(echo) { UNUSED; append(result, event, length); return NULL; }

HANDLER(length_of)
{
    UNUSED;
    size_t size, characters = 0;
    char *text = text_of(event, length, &size);
    for (size_t i = 0; i < size; i++) characters += (text[i] & 0xC0) != 0x80;
    free(text);
    append_number(result, characters);
    return NULL;
}

HANDLER(big)
{
    UNUSED;
    append(result, "\"", 1);
    for (long long left = number_of(event, "length", 0); left > 0; left -= 16) append(result, pattern, left < 16 ? left : 16);
    append(result, "\"", 1);
    return NULL;
}

HANDLER(context_of)
{
    UNUSED;
    append_text(result, "{\"request_id\":"); append_json(result, context->request_id);
    append_text(result, ",\"function_name\":"); append_json(result, getenv("AWS_LAMBDA_FUNCTION_NAME"));
    append_text(result, ",\"function_version\":"); append_json(result, getenv("AWS_LAMBDA_FUNCTION_VERSION"));
    append_text(result, ",\"memory_limit_mb\":"); append_json(result, getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
    append_text(result, ",\"log_group\":"); append_json(result, getenv("AWS_LAMBDA_LOG_GROUP_NAME"));
    append_text(result, ",\"log_stream\":"); append_json(result, getenv("AWS_LAMBDA_LOG_STREAM_NAME"));
    append_text(result, ",\"arn\":"); append_json(result, context->arn);
    append_text(result, ",\"client_context\":"); append_text(result, context->client_context ? context->client_context : "null");
    append_text(result, ",\"tenant_id\":"); append_json(result, context->tenant_id);
    append_text(result, ",\"reads\":[");
    size_t size;
    const char *reads = member(event, "reads", &size), *at = NULL, *wait;
    if (!reads) reads = "[0]";
    for (int first = 1; (wait = element(reads, &at, &size)); first = 0) {
        wait_ms(atoll(wait));
        append_text(result, first ? "{\"remaining_ms\":" : ",{\"remaining_ms\":");
        append_number(result, context->deadline_ms - now_ms());
        append_text(result, ",\"request_id\":"); append_json(result, context->request_id);
        append_text(result, ",\"tenant_id\":"); append_json(result, context->tenant_id);
        append_text(result, "}");
    }
    append_text(result, "]}");
    return NULL;
}

HANDLER(env)
{
    UNUSED;
    size_t size;
    const char *names = member(event, "names", &size), *at = NULL, *one;
    append(result, "{", 1);
    for (int first = 1; names && (one = element(names, &at, &size)); first = 0) {
        char *name = text_of(one, size, NULL);
        if (!first) append(result, ",", 1);
        append(result, one, size);
        append(result, ":", 1);
        append_json(result, getenv(name));
        free(name);
    }
    append(result, "}", 1);
    return NULL;
}

HANDLER(trace)
{
    UNUSED;
    append_text(result, "{\"before\":"); append_json(result, getenv("_X_AMZN_TRACE_ID"));
    wait_ms(number_of(event, "wait_ms", 0));
    append_text(result, ",\"after\":"); append_json(result, getenv("_X_AMZN_TRACE_ID"));
    append_text(result, "}");
    return NULL;
}

HANDLER(counter)
{
    UNUSED;
    size_t size;
    count++;
    const char *failing = member(event, "fail", &size);
    if (failing && *failing == 't') return fail(result, NULL, 0);
    append_text(result, "{\"count\":"); append_number(result, count);
    append_text(result, ",\"process\":"); append_number(result, getpid());
    append_text(result, ",\"started_ms\":"); append_number(result, started_ms);
    append_text(result, "}");
    return NULL;
}

HANDLER(sleep_ms)
{
    UNUSED;
    size_t size;
    wait_ms(number_of(event, "ms", 0));
    if (member(event, "exit", &size)) _exit(number_of(event, "exit", 0));
    char *message = string_of(event, "fail", &size);
    if (message) return fail(result, message, size);
    append(result, event, length);
    return NULL;
}

HANDLER(raise_)
{
    UNUSED;
    size_t size = 0;
    char *message = string_of(event, "message", &size);
    return fail(result, message, size);
}

HANDLER(exit_with) { UNUSED; _exit(number_of(event, "status", 0)); }

HANDLER(log_lines)
{
    UNUSED;
    size_t size;
    char *out = string_of(event, "stdout", &size), *err = string_of(event, "stderr", &size), *part = string_of(event, "unfinished", &size);
    if (out) puts(out);
    if (err) fprintf(stderr, "%s\n", err);
    if (part) fputs(part, stdout);
    free(out); free(err); free(part);
    append_text(result, "\"logged\"");
    return NULL;
}

HANDLER(tmp)
{
    UNUSED;
    size_t size;
    char path[512], *name = string_of(event, "name", &size);
    snprintf(path, sizeof path, "/tmp/%s", name);
    struct buffer content = {0};
    FILE *file = fopen(path, "r");
    if (file) {
        char part[4096];
        size_t got;
        append(&content, "", 0);
        while ((got = fread(part, 1, sizeof part, file))) append(&content, part, got);
        fclose(file);
    }
    append_text(result, "{\"content\":"); append_json(result, content.bytes); append_text(result, "}");
    char *text = string_of(event, "write", &size);
    if (text && (file = fopen(path, "w"))) { fwrite(text, 1, size, file); fclose(file); }
    free(text); free(name); free(content.bytes);
    return NULL;
}

const struct function functions[] = {
    {"echo", echo}, {"length", length_of}, {"big", big}, {"context", context_of}, {"env", env}, {"trace", trace},
    {"counter", counter}, {"sleep", sleep_ms}, {"raise", raise_}, {"exit", exit_with}, {"log", log_lines}, {"tmp", tmp},
    {NULL, NULL},
};

const char *initialise(const char *name, struct buffer *message)
{
    started_ms = now_ms();
    if (strcmp(name, "init-raise")) return NULL;
    puts("about to fail");
    append_text(message, "init failed");
    return "HandlerError";
}
