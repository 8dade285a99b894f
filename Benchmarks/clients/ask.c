// Query client: asks for one path after the other on one kept-alive connection, and says how long each answer took.
//
//     ask --port 8080 --key clk_... --paths FILE --warm-up 20 --seconds 10
//
// FILE holds one path a line, finished for the request line. The first `--warm-up` are not measured, or as many as are
// answered in a quarter of `--seconds`, which ends a run that takes longer, after three measured answers at least. The
// time runs from the first byte sent to the last one received. Prints one JSON object: microseconds of each answer in
// their order, and the bytes of all bodies. An answer other than 200 ends the program.

#include "http.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int count, char **arguments) {
    enum { PORT, KEY, PATHS, WARM_UP, SECONDS };
    static const struct option names[] = {{"port", 1, 0, PORT}, {"key", 1, 0, KEY}, {"paths", 1, 0, PATHS},
        {"warm-up", 1, 0, WARM_UP}, {"seconds", 1, 0, SECONDS}, {0, 0, 0, 0}};
    int port = 8080, warm_up = 0;
    double seconds = 60;
    const char *key = "", *paths = NULL;
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) >= 0;) {
        switch (name) {
        case PORT: port = atoi(optarg); break;
        case KEY: key = optarg; break;
        case PATHS: paths = optarg; break;
        case WARM_UP: warm_up = atoi(optarg); break;
        case SECONDS: seconds = atof(optarg); break;
        default: exit(2);
        }
    }
    FILE *file = paths ? fopen(paths, "r") : NULL;
    if (!file) die("cannot read the paths");
    int fd = connect_loopback(port);
    struct answer answer = {0};
    char *path = NULL, *request = NULL;
    size_t capacity = 0, bytes = 0;
    long measured = 0;
    double began = now();

    fputs("{\"us\": [", stdout);
    for (ssize_t length; (length = getline(&path, &capacity, file)) > 0;) {
        if (path[length - 1] == '\n') path[--length] = 0;
        request = realloc(request, (size_t)length + strlen(key) + 128);
        if (!request) die("out of memory");
        int size = sprintf(
            request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n\r\n", path, port, key);
        answer_reset(&answer);
        double started = now();
        if (send(fd, request, (size_t)size, MSG_NOSIGNAL) != size) die("the server closed the connection");
        for (int state = 0; state == 0;) {
            size_t room;
            char *to = answer_room(&answer, &room);
            ssize_t received = recv(fd, to, room, 0);
            if (received <= 0) die("the server closed the connection");
            state = answer_take(&answer, (size_t)received);
            if (state < 0) die("the server answers what is not HTTP");
        }
        double ended = now();
        if (answer.status != 200) die("%d for %s: %.200s", answer.status, path, answer.bytes + answer.head);
        if (warm_up > 0) {
            if (--warm_up == 0 || ended - began > seconds / 4) warm_up = 0, began = ended;
        } else {
            printf("%s%.1f", measured++ ? ", " : "", (ended - started) * 1e6);
            bytes += answer.length - answer.head;
        }
        if (ended - began > seconds && measured >= 3) break;
    }
    printf("], \"bytes\": %zu}\n", bytes);
    return 0;
}
