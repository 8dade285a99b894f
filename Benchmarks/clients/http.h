// HTTP/1.1 as far as the clients of the benchmark need it: answers with Content-Length or in chunks, on loopback.
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <stddef.h>

/// The bytes of one answer as they come in.
struct answer {
    char *bytes;
    size_t length, capacity;
    size_t head; ///< length of the status line and headers with the empty line; 0 while it is not known
    size_t whole; ///< length of the whole answer; 0 while it is not known (chunks)
    int status, closes; ///< closes: the server takes no further request on this connection
    int retry_after; ///< seconds; -1 where the answer does not say
};

/// A blocking socket to 127.0.0.1 with TCP_NODELAY. Ends the program when nobody listens.
int connect_loopback(int port);

/// Makes room for another read: at least 64 KiB behind `bytes + length`.
char *answer_room(struct answer *answer, size_t *room);

/// Takes in `count` bytes that were read to `answer_room`. 1: the answer is whole; 0: more is to come; -1: not HTTP.
int answer_take(struct answer *answer, size_t count);

/// Forgets the answer and keeps its memory.
void answer_reset(struct answer *answer);

/// Seconds of a clock that only goes forward.
double now(void);

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
