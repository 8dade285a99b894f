#include "options.h"

#include "http.h"

#include <getopt.h>
#include <stdlib.h>

static long number_of(const char *text) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || end == text) die("not a number: %s", text);
    return value;
}

struct options read_options(int count, char **arguments) {
    struct options options = {.port = 8080, .connections = 4, .copies = 1, .batch = 1000};
    enum { PORT, KEY, FILE_, BATCH, CONNECTIONS, PID, COPIES, FIRST_COPY, FIRST_DAY, DAY_STEP, DAY_SPAN, LINES, PRINT };
    static const struct option names[] = {{"port", 1, 0, PORT}, {"key", 1, 0, KEY}, {"file", 1, 0, FILE_},
        {"batch", 1, 0, BATCH}, {"connections", 1, 0, CONNECTIONS}, {"pid", 1, 0, PID}, {"copies", 1, 0, COPIES},
        {"first-copy", 1, 0, FIRST_COPY}, {"first-day", 1, 0, FIRST_DAY}, {"day-step", 1, 0, DAY_STEP},
        {"day-span", 1, 0, DAY_SPAN}, {"lines", 1, 0, LINES}, {"print", 0, 0, PRINT}, {0, 0, 0, 0}};
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) >= 0;) {
        switch (name) {
        case PORT: options.port = (int)number_of(optarg); break;
        case KEY: options.key = optarg; break;
        case FILE_: options.file = optarg; break;
        case BATCH: options.batch = (size_t)number_of(optarg); break;
        case CONNECTIONS: options.connections = (int)number_of(optarg); break;
        case PID: options.pid = number_of(optarg); break;
        case COPIES: options.copies = (int)number_of(optarg); break;
        case FIRST_COPY: options.first_copy = (int)number_of(optarg); break;
        case FIRST_DAY: options.first_day = (int)number_of(optarg); break;
        case DAY_STEP: options.day_step = (int)number_of(optarg); break;
        case DAY_SPAN: options.day_span = (int)number_of(optarg); break;
        case LINES: options.lines = (size_t)number_of(optarg); break;
        case PRINT: options.print = 1; break;
        default: exit(2);
        }
    }
    if (!options.file || (!options.key && !options.print) || optind != count) die("needs --key and --file");
    if (options.batch < 1 || options.connections < 1) die("needs one line and one connection at least");
    return options;
}
