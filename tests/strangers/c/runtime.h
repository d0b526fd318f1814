/* What a function written in C sees of the runtime it is linked with. */
#ifndef RUNTIME_H
#define RUNTIME_H
#include <stddef.h>

/* A growing piece of memory; always followed by a NUL. */
struct buffer { char *bytes; size_t length, room; };
void append(struct buffer *to, const void *bytes, size_t length);
void append_text(struct buffer *to, const char *text);
void append_number(struct buffer *to, long long number);
void append_json(struct buffer *to, const char *text);              /* null for NULL */
void append_json_of(struct buffer *to, const char *bytes, size_t length);

/* The value of a member of the object that `json` is, as JSON; NULL where there is none. */
const char *member(const char *json, const char *name, size_t *length);
long long number_of(const char *json, const char *name, long long otherwise);
/* A string member's bytes, to be freed; NULL where there is none. */
char *string_of(const char *json, const char *name, size_t *length);
/* Steps through an array: NULL at its end. Begin with *at == NULL. */
const char *element(const char *array, const char **at, size_t *length);
/* The string that a JSON value is, with escapes resolved. */
char *text_of(const char *json, size_t length, size_t *text_length);
int is_json(const char *text, size_t length);

struct context {
    const char *request_id, *arn, *client_context, *identity, *tenant_id;  /* NULL where there is none */
    long long deadline_ms;
};
long long now_ms(void);

/* A handler appends its result as JSON and returns NULL, or returns the type of an error whose message it appends. */
typedef const char *handler(const char *event, size_t length, const struct context *context, struct buffer *result);
struct function { const char *name; handler *run; };
extern const struct function functions[];
/* Runs before the first event; an error as of a handler. */
const char *initialise(const char *name, struct buffer *message);
#endif
