// One line of the workload as the columns of a row: a plain parser, for the rivals that take no NDJSON themselves.
#ifndef BENCH_FLAT_LINE_H
#define BENCH_FLAT_LINE_H

#include <stddef.h>
#include <stdint.h>

/// In the order in which the table has them, after `id`.
enum column {
    TEAM_ID, CONNECTOR_IDENTIFIER, LOG_TIME, EVENT, METHOD, URI, STATUS, OUTCOME, DURATION_MS, REQUEST_ID, FLOW_ID,
    FLOW_NAME, FLOW_VERSION, STATE_ID, TRACE_ID, REQUEST_HEADERS, RESPONSE_HEADERS, REQUEST_BODY, RESPONSE_BODY,
    ERROR_NAME, ERROR_MESSAGE, COLUMNS
};

struct value {
    const char *bytes; ///< NULL: the line has no such member, or null
    size_t length;
};

struct line {
    struct value values[COLUMNS];
    char *room; ///< for texts that had escapes; as long as the longest line
    size_t room_size;
};

/// Reads the members of one JSON object without spaces: texts unescaped, numbers and objects as they stand. Unknown
/// members are skipped. Returns the place behind the newline. Ends the program on anything that is not such a line.
const char *read_line(struct line *line, const char *at, const char *end);

/// Microseconds since 1970 of `2026-11-01T00:00:42.668Z`, with any number of fraction digits.
int64_t microseconds_of(struct value time);

#endif
