#include "flat_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const names[COLUMNS] = {"team_id", "connector_identifier", "log_time", "event", "method", "uri",
    "status", "outcome", "duration_ms", "request_id", "flow_id", "flow_name", "flow_version", "state_id", "trace_id",
    "request_headers", "response_headers", "request_body", "response_body", "error_name", "error_message"};

_Noreturn static void refuse(void) {
    fputs("a line of the workload is not a flat JSON object\n", stderr);
    exit(1);
}

/// Behind the closing quote; `at` is behind the opening one. Sets where the first escape is, or NULL.
static const char *end_of_text(const char *at, const char *end, const char **escape) {
    *escape = NULL;
    for (;;) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote) refuse();
        const char *slash = memchr(at, '\\', (size_t)(quote - at));
        if (!slash) return quote + 1;
        if (!*escape) *escape = slash;
        at = slash + 2;
    }
}

static unsigned hex4(const char *at) {
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        value = value << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
}

static char *put_scalar(char *to, unsigned scalar) {
    if (scalar < 0x80) {
        *to++ = (char)scalar;
    } else if (scalar < 0x800) {
        *to++ = (char)(0xc0 | scalar >> 6);
        *to++ = (char)(0x80 | (scalar & 63));
    } else if (scalar < 0x10000) {
        *to++ = (char)(0xe0 | scalar >> 12);
        *to++ = (char)(0x80 | (scalar >> 6 & 63));
        *to++ = (char)(0x80 | (scalar & 63));
    } else {
        *to++ = (char)(0xf0 | scalar >> 18);
        *to++ = (char)(0x80 | (scalar >> 12 & 63));
        *to++ = (char)(0x80 | (scalar >> 6 & 63));
        *to++ = (char)(0x80 | (scalar & 63));
    }
    return to;
}

/// Copies a text without its escapes; returns the end of the copy.
static char *unescape(char *to, const char *at, const char *end) {
    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((slash ? slash : end) - at);
        memcpy(to, at, plain);
        to += plain;
        if (!slash) break;
        at = slash + 2;
        switch (slash[1]) {
        case 'n': *to++ = '\n'; break;
        case 't': *to++ = '\t'; break;
        case 'r': *to++ = '\r'; break;
        case 'b': *to++ = '\b'; break;
        case 'f': *to++ = '\f'; break;
        case 'u': {
            if (end - at < 4) refuse();
            unsigned scalar = hex4(at);
            at += 4;
            if (scalar >> 10 == 0x36 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
                scalar = 0x10000 + ((scalar & 0x3ff) << 10) + (hex4(at + 2) & 0x3ff);
                at += 6;
            }
            to = put_scalar(to, scalar);
            break;
        }
        default: *to++ = slash[1];
        }
    }
    return to;
}

/// Behind an object or array.
static const char *end_of_container(const char *at, const char *end) {
    int depth = 0;
    const char *escape;
    while (at < end) {
        char byte = *at++;
        if (byte == '"') at = end_of_text(at, end, &escape);
        if (byte == '{' || byte == '[') depth++;
        if ((byte == '}' || byte == ']') && --depth == 0) return at;
    }
    refuse();
}

/// Members come in the table's order, so the next name is looked for first.
static int column_of(const char *name, size_t length, int next) {
    for (int i = 0; i < COLUMNS; i++) {
        int column = (next + i) % COLUMNS;
        if (strlen(names[column]) == length && memcmp(names[column], name, length) == 0) return column;
    }
    return -1;
}

const char *read_line(struct line *line, const char *at, const char *end) {
    memset(line->values, 0, sizeof line->values);
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    if (newline) end = newline;
    if (line->room_size < (size_t)(end - at)) {
        line->room_size = (size_t)(end - at) * 2;
        line->room = realloc(line->room, line->room_size);
        if (!line->room) exit(1);
    }
    char *room = line->room;
    int next = 0;
    if (at >= end || *at++ != '{') refuse();
    while (at < end && *at != '}') {
        const char *escape;
        if (*at == ',') at++;
        if (*at++ != '"') refuse();
        const char *name = at;
        at = end_of_text(at, end, &escape);
        int column = column_of(name, (size_t)(at - 1 - name), next);
        if (column >= 0) next = column + 1;
        if (at >= end || *at++ != ':') refuse();
        struct value value = {at, 0};
        if (*at == '"') {
            value.bytes = ++at;
            at = end_of_text(at, end, &escape);
            value.length = (size_t)(at - 1 - value.bytes);
            if (escape && column >= 0) {
                char *stop = unescape(room, value.bytes, at - 1);
                value = (struct value){room, (size_t)(stop - room)};
                room = stop;
            }
        } else {
            if (*at == '{' || *at == '[') at = end_of_container(at, end);
            while (at < end && *at != ',' && *at != '}') at++;
            value.length = (size_t)(at - value.bytes);
            if (value.length == 4 && memcmp(value.bytes, "null", 4) == 0) value.bytes = NULL;
        }
        if (column >= 0) line->values[column] = value;
    }
    return newline ? newline + 1 : end;
}

int64_t microseconds_of(struct value time) {
    struct tm parts = {0};
    char text[40];
    if (!time.bytes || time.length < 20 || time.length >= sizeof text) refuse();
    memcpy(text, time.bytes, time.length);
    text[time.length] = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
            &parts.tm_min, &parts.tm_sec) != 6) {
        refuse();
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    int64_t microseconds = (int64_t)timegm(&parts) * 1000000, unit = 100000;
    for (const char *digit = text + 20; text[19] == '.' && *digit >= '0' && *digit <= '9'; digit++, unit /= 10) {
        microseconds += (*digit - '0') * unit;
    }
    return microseconds;
}
