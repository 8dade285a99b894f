#include "rows.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct file map_file(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0) die("cannot read %s", path);
    size_t length = (size_t)status.st_size, page = (size_t)sysconf(_SC_PAGESIZE);
    // An anonymous page more than the file has, so that a file of whole pages ends in zero bytes as well.
    char *bytes = mmap(NULL, (length / page + 1) * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED
        || (length && mmap(bytes, length, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0) == MAP_FAILED)) {
        die("cannot map %s", path);
    }
    close(fd);
    return (struct file){bytes, length};
}

static double seconds_of(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double now(void) { return seconds_of(CLOCK_MONOTONIC); }

double thread_cpu(void) { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

struct questions open_questions(const char *path, int warm_up, double seconds) {
    struct questions questions = {.file = fopen(path, "r"), .warm_up = warm_up, .seconds = seconds, .began = now()};
    if (!questions.file) die("cannot read %s", path);
    return questions;
}

int next_question(struct questions *questions, struct parameters *parameters) {
    if (questions->answered >= 3 && now() - questions->began > questions->seconds) return 0;
    ssize_t length = getline(&questions->line, &questions->capacity, questions->file);
    if (length <= 0) return 0;
    if (questions->line[length - 1] == '\n') questions->line[length - 1] = 0;
    char *rest = questions->line;
    parameters->count = 0;
    for (char *value; (value = strsep(&rest, "\t"));) {
        if (parameters->count == MOST_PARAMETERS) die("too many parameters");
        parameters->values[parameters->count++] = value;
    }
    return 1;
}

void note_answer(struct questions *questions, double started, long rows) {
    double ended = now();
    if (questions->asked == questions->room) {
        questions->room = questions->room * 2 + 1024;
        questions->microseconds = realloc(questions->microseconds, questions->room * sizeof(double));
        questions->rows = realloc(questions->rows, questions->room * sizeof(long));
        if (!questions->microseconds || !questions->rows) die("out of memory");
    }
    questions->rows[questions->asked++] = rows;
    if (questions->warm_up > 0) {
        if (--questions->warm_up == 0 || ended - questions->began > questions->seconds / 4) {
            questions->warm_up = 0;
            questions->began = ended;
        }
        return;
    }
    questions->microseconds[questions->answered++] = (ended - started) * 1e6;
}

void print_answers(const struct questions *questions) {
    fputs("{\"us\": [", stdout);
    for (size_t i = 0; i < questions->answered; i++) printf("%s%.1f", i ? ", " : "", questions->microseconds[i]);
    fputs("], \"rows\": [", stdout);
    for (size_t i = 0; i < questions->asked; i++) printf("%s%ld", i ? ", " : "", questions->rows[i]);
    puts("]}");
}
