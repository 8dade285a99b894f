#include "times.h"

#include "http.h"

#include <stdio.h>
#include <stdlib.h>

void note_time(struct times *times, double seconds) {
    if (times->count == times->capacity) {
        times->capacity = times->capacity * 2 + 4096;
        times->milliseconds = realloc(times->milliseconds, times->capacity * sizeof(float));
        if (!times->milliseconds) die("out of memory");
    }
    times->milliseconds[times->count++] = (float)(seconds * 1e3);
}

static int by_size(const void *left, const void *right) {
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

void print_times(struct times *times, const char *name) {
    const float *values = times->milliseconds;
    size_t count = times->count;
    if (!count) return;
    qsort(times->milliseconds, count, sizeof(float), by_size);
    printf(", \"%s\": {\"median\": %.3f, \"p99\": %.3f, \"max\": %.3f}", name, (double)values[count / 2],
        (double)values[(size_t)((double)count * .99)], (double)values[count - 1]);
}
