// Query client: asks for one path after the other on one kept-alive connection, and says how long each answer took.
//
//     ask --port 8080 --key clk_... --paths FILE --warm-up 20 --seconds 10
//
// FILE holds one path a line, finished for the request line. The first `--warm-up` are not measured, or as many as are
// answered in a quarter of `--seconds`, which ends a run that takes longer, after three measured answers at least. The
// time runs from the first byte sent to the last one received. Prints one JSON object: microseconds of each answer in
// their order, and the bytes of all bodies. An answer other than 200 ends the program.
//
// With `--beside-port PORT --beside-paths FILE` a second server is asked its line of the same number right before or right
// after, in turns, so that a machine that grows slow is slow for both. It gets no key. Its figures are `beside_us` and
// `beside_bytes`.

#include "http.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct side {
    FILE *paths;
    int fd, port;
    const char *key;
    char *path;
    size_t capacity, bytes, room;
    long measured;
    double *times;
};

static void open_side(struct side *side, const char *paths) {
    side->paths = fopen(paths, "r");
    if (!side->paths) die("cannot read the paths");
    side->fd = connect_loopback(side->port);
}

static int next_path(struct side *side) {
    ssize_t length = getline(&side->path, &side->capacity, side->paths);
    if (length <= 0) return 0;
    if (side->path[length - 1] == '\n') side->path[length - 1] = 0;
    return 1;
}

/// Seconds until the answer to the side's path was whole.
static double ask(struct side *side, size_t *bytes) {
    static struct answer answer;
    char *request = NULL, authorization[512] = "";
    if (side->key) snprintf(authorization, sizeof authorization, "Authorization: Bearer %s\r\n", side->key);
    int size = asprintf(
        &request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", side->path, side->port, authorization);
    if (size < 0) die("out of memory");
    answer_reset(&answer);
    double started = now();
    if (send(side->fd, request, (size_t)size, MSG_NOSIGNAL) != size) die("the server closed the connection");
    for (int state = 0; state == 0;) {
        size_t room;
        char *to = answer_room(&answer, &room);
        ssize_t received = recv(side->fd, to, room, 0);
        if (received <= 0) die("the server closed the connection");
        state = answer_take(&answer, (size_t)received);
        if (state < 0) die("the server answers what is not HTTP");
    }
    double took = now() - started;
    if (answer.status != 200) die("%d for %s: %.200s", answer.status, side->path, answer.bytes + answer.head);
    *bytes = answer.length - answer.head;
    free(request);
    return took;
}

static void note(struct side *side, double took, size_t bytes) {
    if (side->measured == (long)side->room) {
        side->room = side->room * 2 + 64;
        side->times = realloc(side->times, side->room * sizeof *side->times);
        if (!side->times) die("out of memory");
    }
    side->times[side->measured++] = took;
    side->bytes += bytes;
}

static void print_side(const struct side *side, const char *prefix) {
    printf("\"%sus\": [", prefix);
    for (long i = 0; i < side->measured; i++) printf("%s%.1f", i ? ", " : "", side->times[i] * 1e6);
    printf("], \"%sbytes\": %zu", prefix, side->bytes);
}

int main(int count, char **arguments) {
    enum { PORT, KEY, PATHS, WARM_UP, SECONDS, BESIDE_PORT, BESIDE_PATHS };
    static const struct option names[] = {{"port", 1, 0, PORT}, {"key", 1, 0, KEY}, {"paths", 1, 0, PATHS},
        {"warm-up", 1, 0, WARM_UP}, {"seconds", 1, 0, SECONDS}, {"beside-port", 1, 0, BESIDE_PORT},
        {"beside-paths", 1, 0, BESIDE_PATHS}, {0, 0, 0, 0}};
    int warm_up = 0;
    double seconds = 60;
    const char *paths[2] = {"", NULL};
    struct side sides[2] = {{.port = 8080, .key = ""}, {.port = 0}};
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) >= 0;) {
        switch (name) {
        case PORT: sides[0].port = atoi(optarg); break;
        case KEY: sides[0].key = optarg; break;
        case PATHS: paths[0] = optarg; break;
        case WARM_UP: warm_up = atoi(optarg); break;
        case SECONDS: seconds = atof(optarg); break;
        case BESIDE_PORT: sides[1].port = atoi(optarg); break;
        case BESIDE_PATHS: paths[1] = optarg; break;
        default: exit(2);
        }
    }
    int both = paths[1] != NULL;
    for (int side = 0; side <= both; side++) open_side(&sides[side], paths[side]);
    double began = now();

    for (long round = 0; next_path(&sides[0]) && (!both || next_path(&sides[1])); round++) {
        double took[2];
        size_t bytes[2];
        for (int turn = 0; turn <= both; turn++) {
            int side = both ? (int)((turn + round) & 1) : 0;
            took[side] = ask(&sides[side], &bytes[side]);
        }
        double ended = now();
        if (warm_up > 0) {
            if (--warm_up == 0 || ended - began > seconds / 4) warm_up = 0, began = ended;
        } else {
            for (int side = 0; side <= both; side++) note(&sides[side], took[side], bytes[side]);
        }
        if (ended - began > seconds && sides[0].measured >= 3) break;
    }
    putchar('{');
    print_side(&sides[0], "");
    if (both) {
        fputs(", ", stdout);
        print_side(&sides[1], "beside_");
    }
    puts("}");
    return 0;
}
