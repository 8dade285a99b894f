// How long requests took, one by one.
#ifndef BENCH_TIMES_H
#define BENCH_TIMES_H

#include <stddef.h>

struct times {
    float *milliseconds;
    size_t count, capacity;
};

void note_time(struct times *times, double seconds);

/// Prints `, "NAME": {"median": 1.000, "p99": 2.000, "max": 3.000}`, and sorts them; nothing where none were noted.
void print_times(struct times *times, const char *name);

#endif
