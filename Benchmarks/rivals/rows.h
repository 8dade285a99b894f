// What the two rivals' programs share: files, clocks, and the bookkeeping of queries.
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stddef.h>
#include <stdio.h>

struct file {
    const char *bytes;
    size_t length;
};

/// The whole file, with zero bytes behind it.
struct file map_file(const char *path);

/// Seconds of a clock that only goes forward, and CPU seconds of this thread.
double now(void);
double thread_cpu(void);

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum { MOST_PARAMETERS = 8 };

struct parameters {
    const char *values[MOST_PARAMETERS];
    int count;
};

/// Queries under way: a line of parameters each.
struct questions {
    FILE *file;
    char *line;
    size_t capacity;
    int warm_up;
    double seconds, began;
    size_t asked, answered, room; ///< answered: of the asked ones those that were measured
    double *microseconds;
    long *rows;
};

/// The first `warm_up` are not measured, or as many as are answered in a quarter of `seconds`, which ends a run that
/// takes longer, after three measured answers at least.
struct questions open_questions(const char *path, int warm_up, double seconds);

/// 0: there is none left, or no time.
int next_question(struct questions *questions, struct parameters *parameters);
void note_answer(struct questions *questions, double started, long rows);

/// One JSON object: microseconds of each measured answer, and rows of each at all, in their order.
void print_answers(const struct questions *questions);

#endif
