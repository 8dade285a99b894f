// A file of NDJSON as requests, and copies of it that look like other days.
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

/// Bytes of the file that a copy has others for, of the same length.
struct spot {
    uint64_t at : 48;
    uint64_t kind : 8;
    uint64_t length : 8;
};

struct request {
    size_t at, length, lines;
    size_t first_spot;
};

struct workload {
    const char *bytes;
    size_t length;
    struct request *requests; ///< one more than `count`, for the spots' end
    size_t count, longest, lines;
    struct spot *spots; ///< NULL until `find_spots`
    size_t spot_count;
};

/// How a copy differs from the file.
struct copy {
    unsigned number; ///< 0: ids as they are
    int days; ///< by how much times are moved
};

/// Maps the file and cuts it into requests of `batch` lines, of the first `lines` of them (0: all).
struct workload open_workload(const char *path, size_t batch, size_t lines);

/// Finds what copies change: days of RFC 3339 times and Date headers, UUIDs other than a flow's, runs of ten
/// hexadecimal digits and more.
void find_spots(struct workload *workload);

/// Writes the body of a request of a copy to `to`, which has room for `longest` bytes.
void write_copy(const struct workload *workload, size_t request, struct copy copy, char *to);

#endif
