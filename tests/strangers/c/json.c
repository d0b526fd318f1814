#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "runtime.h"

void append(struct buffer *to, const void *bytes, size_t length)
{
    if (to->length + length + 1 > to->room) {
        to->room = (to->length + length + 1) * 2;
        to->bytes = realloc(to->bytes, to->room);
        if (!to->bytes) abort();
    }
    if (length) memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
    to->bytes[to->length] = 0;
}

void append_text(struct buffer *to, const char *text) { append(to, text, strlen(text)); }

void append_number(struct buffer *to, long long number)
{
    char digits[32];
    append(to, digits, sprintf(digits, "%lld", number));
}

void append_json_of(struct buffer *to, const char *bytes, size_t length)
{
    append(to, "\"", 1);
    for (size_t i = 0, start = 0; i <= length; i++) {
        unsigned char c = i < length ? bytes[i] : '"';
        if (c >= ' ' && c != '"' && c != '\\') continue;
        append(to, bytes + start, i - start);
        start = i + 1;
        if (i == length) break;
        char escape[8];
        append(to, escape, c < ' ' ? sprintf(escape, "\\u%04x", c) : sprintf(escape, "\\%c", c));
    }
    append(to, "\"", 1);
}

void append_json(struct buffer *to, const char *text)
{
    if (text) append_json_of(to, text, strlen(text));
    else append(to, "null", 4);
}

static const char *blank(const char *at) { return at + strspn(at, " \t\r\n"); }

static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++) {
        if ((unsigned char)*at < ' ') return NULL;
        if (*at == '\\') {
            at++;
            if (*at == 'u') {
                if (strspn(at + 1, "0123456789abcdefABCDEF") < 4) return NULL;
                at += 4;
            } else if (!*at || !strchr("\"\\/bfnrt", *at)) return NULL;
        }
    }
    return at + 1;
}

/* Where the value that begins at `at` ends; NULL where it is no JSON. */
static const char *skip(const char *at)
{
    at = blank(at);
    if (*at == '"') return skip_string(at);
    if (*at == '{' || *at == '[') {
        char open = *at, close = open == '{' ? '}' : ']';
        at = blank(at + 1);
        if (*at == close) return at + 1;
        for (;; at++) {
            if (open == '{') {
                at = blank(at);
                if (*at != '"' || !(at = skip_string(at))) return NULL;
                at = blank(at);
                if (*at++ != ':') return NULL;
            }
            if (!(at = skip(at))) return NULL;
            at = blank(at);
            if (*at == close) return at + 1;
            if (*at != ',') return NULL;
        }
    }
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < 3; i++)
        if (!strncmp(at, words[i], strlen(words[i]))) return at + strlen(words[i]);
    char *end;
    if (*at != '-' && (*at < '0' || *at > '9')) return NULL;
    strtod(at, &end);
    return end > at ? end : NULL;
}

int is_json(const char *text, size_t length)
{
    const char *end = skip(text);
    return end && blank(end) == text + length;
}

const char *member(const char *json, const char *name, size_t *length)
{
    const char *at = blank(json);
    if (*at != '{') return NULL;
    at = blank(at + 1);
    while (*at == '"') {
        const char *key = at + 1, *end = skip_string(at);
        at = blank(blank(end) + 1);
        const char *after = skip(at);
        if ((size_t)(end - 1 - key) == strlen(name) && !memcmp(key, name, strlen(name))) {
            *length = after - at;
            return at;
        }
        at = blank(after);
        if (*at == ',') at = blank(at + 1);
    }
    return NULL;
}

const char *element(const char *array, const char **at, size_t *length)
{
    const char *next = *at ? blank(*at) : blank(array);
    if (*next == ']' || (!*at && *next != '[')) return NULL;
    next = blank(next + 1);
    if (*next == ']') return NULL;
    *at = skip(next);
    *length = *at - next;
    return next;
}

long long number_of(const char *json, const char *name, long long otherwise)
{
    size_t length;
    const char *found = member(json, name, &length);
    return found ? (long long)strtod(found, NULL) : otherwise;
}

static unsigned hex4(const char *at)
{
    char digits[5] = {at[0], at[1], at[2], at[3], 0};
    return strtoul(digits, NULL, 16);
}

static int utf8(char *to, unsigned c)
{
    if (c < 0x80) { to[0] = c; return 1; }
    if (c < 0x800) { to[0] = 0xC0 | c >> 6; to[1] = 0x80 | (c & 63); return 2; }
    if (c < 0x10000) { to[0] = 0xE0 | c >> 12; to[1] = 0x80 | (c >> 6 & 63); to[2] = 0x80 | (c & 63); return 3; }
    to[0] = 0xF0 | c >> 18; to[1] = 0x80 | (c >> 12 & 63); to[2] = 0x80 | (c >> 6 & 63); to[3] = 0x80 | (c & 63);
    return 4;
}

char *text_of(const char *json, size_t length, size_t *text_length)
{
    if (length < 2 || *json != '"') return NULL;
    char *text = malloc(length), *to = text;
    for (const char *at = json + 1, *end = json + length - 1; at < end; at++) {
        if (*at != '\\') { *to++ = *at; continue; }
        static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
        if (*++at != 'u') { *to++ = into[strchr(from, *at) - from]; continue; }
        unsigned c = hex4(at + 1);
        at += 4;
        if (c >= 0xD800 && c < 0xDC00 && at[1] == '\\' && at[2] == 'u') {
            c = 0x10000 + ((c - 0xD800) << 10) + (hex4(at + 3) - 0xDC00);
            at += 6;
        }
        to += utf8(to, c);
    }
    *to = 0;
    if (text_length) *text_length = to - text;
    return text;
}

char *string_of(const char *json, const char *name, size_t *length)
{
    size_t size;
    const char *found = member(json, name, &size);
    return found ? text_of(found, size, length) : NULL;
}
