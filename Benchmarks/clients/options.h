// The command line of the load client.
//
//     --port N --key K  the server (8080), and a key that may write
//     --file F          NDJSON
//     --batch N         lines a request (1000)
//     --connections N   (4)
//     --pid N           the server's process, for its CPU and memory
//     --copies N        sends the file N times, each time as another day with other ids (0: until SIGTERM)
//     --first-copy N    the number of the first copy (0, whose ids are the file's own)
//     --first-day N     by how many days the first copy is moved
//     --day-step N      by how many more each further one (0)
//     --day-span N      starts again at --first-day after N copies (0: never)
//     --lines N         the first N lines of the file alone
//     --print           writes the copies to standard output, and sends nothing
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stddef.h>

struct options {
    int port, connections, copies, first_copy, first_day, day_step, day_span, print;
    long pid;
    size_t batch, lines;
    const char *key, *file;
};

/// Ends the program where something is missing or is not an option.
struct options read_options(int count, char **arguments);

#endif
