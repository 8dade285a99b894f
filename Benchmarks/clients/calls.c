// Calls client: one GET after the other, each with an id of its own, at a steady rate or as fast as they are answered.
//
//     calls --port 8080 --path /invoke/crm/v1/orders --header 'X-Connector-Log-Key: clk_...' --connections 32
//           --rate 2000 --seconds 10 --ids soak
//
// One thread and epoll. The ids (X-Request-Id) are `--ids`, a hyphen and nine digits, from `--first` on, none left out. With a
// rate each call is due at a time of its own, whatever became of those before it; its time runs from there, so that calls
// which had to wait for a slow one show it. Without (`--rate 0`) a connection makes its next call when the last was
// answered. Connections take turns. `--count N` ends after N calls, `--seconds` at a time, SIGTERM at once; calls that are
// under way are waited for, half a minute at most.
//
// Prints one JSON object. `calls` is how many were begun: the ids from `--first` to there are those that the log should
// have. `errors` are answers other than 200, and calls without one.

#include "cost.h"
#include "http.h"
#include "times.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

static const double PATIENCE = 30; // seconds for the last answers

struct connection {
    int fd, busy;
    double due;
    struct answer answer;
};

struct totals {
    size_t calls, answered, errors, closed;
    struct times times;
    char first_error[160];
};

static int port = 8080, connection_count = 32;
static double rate, seconds = 1e9;
static size_t first, most = SIZE_MAX;
static const char *path, *ids = "call";
static char fields[4096];

static struct totals totals;
static double began;
/// Connections that are free, in the order in which they became so.
static struct connection **idle;
static size_t idle_first, idle_count;
static volatile sig_atomic_t stopped;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

// MARK: - A call and its answer

static void open_connection(int poller, struct connection *connection) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    connection->fd = connect_loopback(port);
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event);
}

static void reopen_connection(int poller, struct connection *connection) {
    close(connection->fd);
    open_connection(poller, connection);
}

static void free_connection(struct connection *connection) {
    connection->busy = 0;
    idle[(idle_first + idle_count++) % (size_t)connection_count] = connection;
}

static void begin_call(double due) {
    struct connection *connection = idle[idle_first];
    idle_first = (idle_first + 1) % (size_t)connection_count;
    idle_count--;
    char request[sizeof fields + 1024];
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Request-Id: %s-%09zu\r\n%s\r\n",
        path, port, ids, first + totals.calls++, fields);
    if (length < 0 || (size_t)length >= sizeof request) die("the path or the header is too long");
    answer_reset(&connection->answer);
    connection->busy = 1;
    connection->due = due;
    // Where the server has gone, the poller tells it.
    (void)!send(connection->fd, request, (size_t)length, MSG_NOSIGNAL);
}

static void note_error(int status, const char *what) {
    totals.errors++;
    if (!totals.first_error[0]) snprintf(totals.first_error, sizeof totals.first_error, "%d %.120s", status, what);
}

static void finish_call(int poller, struct connection *connection) {
    struct answer *answer = &connection->answer;
    totals.answered++;
    note_time(&totals.times, now() - connection->due);
    if (answer->status != 200) note_error(answer->status, answer->bytes + answer->head);
    if (answer->closes) reopen_connection(poller, connection);
    free_connection(connection);
}

static void finish_without_answer(int poller, struct connection *connection) {
    int was_busy = connection->busy;
    totals.closed++;
    reopen_connection(poller, connection);
    if (!was_busy) return;
    note_error(0, "the connection was closed");
    free_connection(connection);
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
            finish_call(poller, connection);
            return;
        }
        if ((size_t)count < room) return;
    }
}

// MARK: - The run

static int is_over(double time) {
    return stopped || totals.calls >= most || time - began >= seconds;
}

/// Begins what is due, as far as connections are free. Returns when the next is: a time that may have passed.
static double begin_due(void) {
    double time = now(), due = time;
    while (idle_count > 0 && !is_over(time)) {
        if (rate > 0) due = began + (double)totals.calls / rate;
        if (due > time) break;
        begin_call(due);
    }
    return due;
}

static void wake_at(int timer, double time) {
    long long nanoseconds = (long long)(time * 1e9);
    struct itimerspec at = {.it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void run(struct connection *connections) {
    int poller = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct epoll_event on_timer = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, timer, &on_timer);
    for (int i = 0; i < connection_count; i++) {
        open_connection(poller, &connections[i]);
        free_connection(&connections[i]);
    }
    began = now();
    double ended = 0;
    for (;;) {
        double due = begin_due(), time = now();
        if (is_over(time)) {
            if (ended == 0) ended = time;
            if (idle_count == (size_t)connection_count || time - ended > PATIENCE) break;
        } else if (rate > 0 && idle_count > 0) {
            wake_at(timer, due);
        }
        struct epoll_event events[256];
        int count = epoll_wait(poller, events, 256, 100);
        for (int i = 0; i < count; i++) {
            uint64_t fired;
            if (events[i].data.ptr) {
                pull(poller, events[i].data.ptr);
            } else if (read(timer, &fired, sizeof fired) < 0) {
                die("the timer cannot be read");
            }
        }
    }
    for (int i = 0; i < connection_count; i++) {
        if (connections[i].busy) note_error(0, "there was no answer");
    }
}

static void report(double wall) {
    printf("{\"calls\": %zu, \"answered\": %zu, \"errors\": %zu, \"closed\": %zu, \"wall_s\": %.3f, ", totals.calls,
        totals.answered, totals.errors, totals.closed, wall);
    printf("\"calls_per_s\": %.0f, \"client_cpu_s\": %.2f", (double)totals.answered / wall, own_cpu());
    print_times(&totals.times, "call_ms");
    puts("}");
    if (totals.first_error[0]) fprintf(stderr, "not answered: %s\n", totals.first_error);
}

static void add_field(const char *field) {
    size_t length = strlen(fields);
    if (snprintf(fields + length, sizeof fields - length, "%s\r\n", field) >= (int)(sizeof fields - length)) {
        die("the header is too long");
    }
}

int main(int count, char **arguments) {
    enum { PORT, PATH, HEADER, CONNECTIONS, RATE, SECONDS, COUNT, IDS, FIRST };
    static const struct option names[] = {{"port", 1, 0, PORT}, {"path", 1, 0, PATH}, {"header", 1, 0, HEADER},
        {"connections", 1, 0, CONNECTIONS}, {"rate", 1, 0, RATE}, {"seconds", 1, 0, SECONDS}, {"count", 1, 0, COUNT},
        {"ids", 1, 0, IDS}, {"first", 1, 0, FIRST}, {0, 0, 0, 0}};
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) >= 0;) {
        switch (name) {
        case PORT: port = atoi(optarg); break;
        case PATH: path = optarg; break;
        case HEADER: add_field(optarg); break;
        case CONNECTIONS: connection_count = atoi(optarg); break;
        case RATE: rate = atof(optarg); break;
        case SECONDS: seconds = atof(optarg); break;
        case COUNT: most = strtoull(optarg, NULL, 10); break;
        case IDS: ids = optarg; break;
        case FIRST: first = strtoull(optarg, NULL, 10); break;
        default: exit(2);
        }
    }
    if (!path || connection_count < 1) die("needs --path, and one connection at least");
    signal(SIGTERM, stop);
    struct connection *connections = calloc((size_t)connection_count, sizeof *connections);
    idle = calloc((size_t)connection_count, sizeof(struct connection *));
    if (!connections || !idle) die("out of memory");
    run(connections);
    report(now() - began);
    return 0;
}
