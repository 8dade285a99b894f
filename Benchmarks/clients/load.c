// Load client: sends NDJSON in batches to POST /v1/ingest over kept-alive sockets, and reports what it cost.
//
//     load --port 8080 --key clk_... --file full.ndjson --batch 1000 --connections 4 --pid SERVER_PID
//
// One thread and epoll; each connection sends its next request when the last was answered. Requests are cut before the
// clock starts and go to the socket from the mapped file, so that the client takes little of the machine it shares with
// the server; it reports its own CPU seconds. Lines count when their request was answered 200 and they were taken.
// On 429 and 503 a connection waits as long as Retry-After says and sends the same request again, and so it does where
// the server closed the connection before it had the whole request. A whole request without an answer is an error.
//
// Prints one JSON object, with the names of workload/load.py. options.h has the other options.

#include "cost.h"
#include "http.h"
#include "options.h"
#include "times.h"
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct connection {
    int fd, busy, wants_room;
    size_t request;
    char head[512];
    char *copy; ///< body of a copy; unused for the file's own lines
    struct iovec parts[2];
    struct answer answer;
    double started, resume_at; ///< resume_at: 0 unless it waits
};

struct totals {
    size_t accepted, errors, refused, closed, bytes;
    struct times times;
    char first_error[160];
};

static volatile sig_atomic_t stopped;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

static struct options options;
static struct workload workload;
static struct totals totals;
static size_t next_request;

static struct copy copy_of(size_t request) {
    size_t copy = request / workload.count;
    int step = (int)(options.day_span ? copy % (size_t)options.day_span : copy) * options.day_step;
    return (struct copy){.number = (unsigned)(copy + (size_t)options.first_copy), .days = options.first_day + step};
}

static int is_over(void) {
    return stopped || (options.copies && next_request >= workload.count * (size_t)options.copies);
}

// MARK: - A request and its answer

static void watch(int poller, struct connection *connection, int for_room) {
    if (connection->wants_room == for_room) return;
    connection->wants_room = for_room;
    struct epoll_event event = {.events = EPOLLIN | (for_room ? EPOLLOUT : 0), .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_MOD, connection->fd, &event);
}

/// Writes what the socket takes.
static void push(int poller, struct connection *connection) {
    struct iovec *parts = connection->parts;
    while (parts[0].iov_len + parts[1].iov_len > 0) {
        ssize_t written = parts[0].iov_len ? writev(connection->fd, parts, 2)
                                           : write(connection->fd, parts[1].iov_base, parts[1].iov_len);
        if (written < 0) {
            if (errno == EINTR) continue;
            // Where the server has gone, the poller tells it, behind an answer that may still be there.
            watch(poller, connection, errno == EAGAIN);
            return;
        }
        for (int i = 0; i < 2; i++) {
            size_t taken = (size_t)written < parts[i].iov_len ? (size_t)written : parts[i].iov_len;
            parts[i].iov_base = (char *)parts[i].iov_base + taken;
            parts[i].iov_len -= taken;
            written -= (ssize_t)taken;
        }
    }
    watch(poller, connection, 0);
}

static void send_request(int poller, struct connection *connection) {
    const struct request *part = &workload.requests[connection->request % workload.count];
    const char *body = workload.bytes + part->at;
    if (workload.spots) {
        if (!connection->copy && !(connection->copy = malloc(workload.longest))) die("out of memory");
        write_copy(&workload, connection->request % workload.count, copy_of(connection->request), connection->copy);
        body = connection->copy;
    }
    int length = snprintf(
        connection->head, sizeof connection->head,
        "POST /v1/ingest HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/x-ndjson\r\nContent-Length: %zu\r\n\r\n",
        options.port, options.key, part->length);
    if (length < 0 || (size_t)length >= sizeof connection->head) die("the key is too long");
    connection->parts[0] = (struct iovec){connection->head, (size_t)length};
    connection->parts[1] = (struct iovec){(char *)body, part->length};
    answer_reset(&connection->answer);
    connection->busy = 1;
    connection->resume_at = 0;
    connection->started = now();
    push(poller, connection);
}

static void send_next(int poller, struct connection *connection) {
    if (is_over()) return;
    connection->request = next_request++;
    send_request(poller, connection);
}

static void finish_request(int poller, struct connection *connection) {
    const struct request *part = &workload.requests[connection->request % workload.count];
    struct answer *answer = &connection->answer;
    connection->busy = 0;
    if ((answer->status == 429 || answer->status == 503) && !stopped) {
        totals.refused++;
        connection->resume_at = now() + (answer->retry_after >= 0 ? answer->retry_after : 1);
        return;
    }
    note_time(&totals.times, now() - connection->started);
    const char *body = answer->bytes + answer->head, *accepted = strstr(body, "\"accepted\":");
    size_t taken = answer->status == 200 && accepted ? strtoull(accepted + 11, NULL, 10) : 0;
    if (taken > part->lines) taken = part->lines;
    totals.accepted += taken;
    totals.bytes += part->length;
    if (taken < part->lines) {
        totals.errors += part->lines - taken;
        if (!totals.first_error[0]) {
            snprintf(totals.first_error, sizeof totals.first_error, "%d %.120s", answer->status, body);
        }
    }
    send_next(poller, connection);
}

static void open_connection(int poller, struct connection *connection) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    connection->fd = connect_loopback(options.port);
    connection->wants_room = 0;
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event);
}

static void reopen_connection(int poller, struct connection *connection) {
    close(connection->fd);
    open_connection(poller, connection);
}

/// The server closed the connection. What it cannot have taken is sent again; what it may have taken is an error.
static void finish_without_answer(int poller, struct connection *connection) {
    int was_busy = connection->busy;
    reopen_connection(poller, connection);
    if (!was_busy) return;
    totals.closed++;
    connection->busy = 0;
    if (connection->parts[1].iov_len && !stopped) {
        connection->resume_at = now() + 1;
    } else {
        totals.errors += workload.requests[connection->request % workload.count].lines;
        send_next(poller, connection);
    }
}

static void pull(int poller, struct connection *connection) {
    for (;;) {
        size_t room;
        char *to = answer_room(&connection->answer, &room);
        ssize_t count = recv(connection->fd, to, room, MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) {
            finish_without_answer(poller, connection);
            return;
        }
        if (!connection->busy) die("the server answered what nobody asked");
        int state = answer_take(&connection->answer, (size_t)count);
        if (state < 0) die("the server answers what is not HTTP");
        if (state == 1) {
            // After an answer to half a request the rest is not wanted, and the connection can be used no more.
            if (connection->parts[1].iov_len || connection->answer.closes) reopen_connection(poller, connection);
            finish_request(poller, connection);
            return;
        }
        if ((size_t)count < room) return;
    }
}

// MARK: - The run

/// Milliseconds until the first waiting connection goes on; sends again on those whose time has come.
static int resume(int poller, struct connection *connections) {
    double next = INFINITY, time = now();
    for (int i = 0; i < options.connections; i++) {
        struct connection *connection = &connections[i];
        if (connection->resume_at == 0) continue;
        if (stopped) {
            connection->resume_at = 0;
        } else if (connection->resume_at <= time) {
            send_request(poller, connection);
        } else if (connection->resume_at < next) {
            next = connection->resume_at;
        }
    }
    return isinf(next) ? 1000 : (int)((next - time) * 1e3) + 1;
}

static int is_idle(const struct connection *connections) {
    for (int i = 0; i < options.connections; i++) {
        if (connections[i].busy || connections[i].resume_at != 0) return 0;
    }
    return 1;
}

static void run(struct connection *connections) {
    int poller = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < options.connections; i++) open_connection(poller, &connections[i]);
    for (int i = 0; i < options.connections; i++) send_next(poller, &connections[i]);
    while (!is_idle(connections)) {
        struct epoll_event events[256];
        int count = epoll_wait(poller, events, 256, resume(poller, connections));
        for (int i = 0; i < count; i++) {
            if (events[i].events & EPOLLOUT) push(poller, events[i].data.ptr);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) pull(poller, events[i].data.ptr);
        }
    }
}

static void report(double wall, double own, double server) {
    size_t count = totals.times.count;
    printf("{\"accepted\": %zu, \"errors\": %zu, \"wall_s\": %.6f, \"entries_per_s\": %.0f, \"mb_per_s\": %.1f, ",
        totals.accepted, totals.errors, wall, (double)totals.accepted / wall, (double)totals.bytes / wall / 1e6);
    printf("\"requests\": %zu, \"requests_per_s\": %.0f, \"refused\": %zu, \"closed\": %zu, ", count,
        (double)count / wall, totals.refused, totals.closed);
    printf("\"client_cpu_s\": %.2f", own);
    print_times(&totals.times, "request_ms");
    if (options.pid) {
        printf(", \"server_cpu_s\": %.2f, \"entries_per_cpu_s\": %.0f, \"server_peak_mb\": %.1f", server,
            server > 0 ? (double)totals.accepted / server : 0, peak_mb_of(options.pid));
    }
    puts("}");
    if (totals.first_error[0]) fprintf(stderr, "not taken: %s\n", totals.first_error);
}

static void print_copies(void) {
    char *body = malloc(workload.longest);
    if (!body) die("out of memory");
    for (; !is_over(); next_request++) {
        size_t request = next_request % workload.count;
        write_copy(&workload, request, copy_of(next_request), body);
        fwrite(body, 1, workload.requests[request].length, stdout);
    }
    free(body);
}

int main(int count, char **arguments) {
    options = read_options(count, arguments);
    signal(SIGTERM, stop);
    signal(SIGPIPE, SIG_IGN);
    workload = open_workload(options.file, options.batch, options.lines);
    if (options.print || options.copies != 1 || options.first_copy || options.first_day) find_spots(&workload);
    if (options.print) {
        print_copies();
        return 0;
    }
    struct connection *connections = calloc((size_t)options.connections, sizeof *connections);
    if (!connections) die("out of memory");
    double server = options.pid ? cpu_of(options.pid) : 0, own = own_cpu(), started = now();
    run(connections);
    double wall = now() - started;
    report(wall, own_cpu() - own, options.pid ? cpu_of(options.pid) - server : 0);
    return 0;
}
