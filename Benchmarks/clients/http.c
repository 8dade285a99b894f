#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

int connect_loopback(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) die("cannot connect to port %d", port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

char *answer_room(struct answer *answer, size_t *room) {
    const size_t least = 65536;
    if (answer->capacity - answer->length < least + 1) {
        answer->capacity = answer->capacity * 2 + least + 1;
        answer->bytes = realloc(answer->bytes, answer->capacity);
        if (!answer->bytes) die("out of memory");
    }
    *room = answer->capacity - answer->length - 1;
    return answer->bytes + answer->length;
}

/// The value of a header, or NULL. `name` has its colon.
static const char *header(const struct answer *answer, const char *name) {
    const char *end = answer->bytes + answer->head, *line = answer->bytes;
    while ((line = memchr(line, '\n', (size_t)(end - line))) && ++line < end) {
        if (strncasecmp(line, name, strlen(name)) == 0) return line + strlen(name);
    }
    return NULL;
}

int answer_take(struct answer *answer, size_t count) {
    answer->length += count;
    answer->bytes[answer->length] = 0;
    if (!answer->head) {
        const char *end = memmem(answer->bytes, answer->length, "\r\n\r\n", 4);
        if (!end) return answer->length > (1 << 20) ? -1 : 0;
        if (answer->length < 12 || memcmp(answer->bytes, "HTTP/1.1 ", 9) != 0) return -1;
        answer->head = (size_t)(end - answer->bytes) + 4;
        answer->status = atoi(answer->bytes + 9);
        const char *wait = header(answer, "retry-after:"), *length = header(answer, "content-length:");
        const char *connection = header(answer, "connection:");
        answer->closes = connection && strncasecmp(connection + strspn(connection, " "), "close", 5) == 0;
        answer->retry_after = wait ? atoi(wait) : -1;
        if (length) {
            answer->whole = answer->head + strtoull(length, NULL, 10);
        } else if (!header(answer, "transfer-encoding:")) {
            answer->whole = answer->head;
        }
    }
    if (answer->whole) return answer->length >= answer->whole;
    // Chunks: nothing follows an answer before the next request, so the last chunk is the end of what was read.
    return answer->length - answer->head >= 5
        && memcmp(answer->bytes + answer->length - 5, "0\r\n\r\n", 5) == 0
        && (answer->length - answer->head == 5 || answer->bytes[answer->length - 6] == '\n');
}

void answer_reset(struct answer *answer) {
    answer->length = answer->head = answer->whole = 0;
    answer->status = answer->closes = answer->retry_after = 0;
}

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}
