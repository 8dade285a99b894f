#include "workload.h"

#include "http.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY, HTTP_DAY, UUID, DIGITS };

struct workload open_workload(const char *path, size_t batch, size_t lines) {
    struct workload workload = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0) die("cannot read the workload");
    workload.length = (size_t)status.st_size;
    workload.bytes = mmap(NULL, workload.length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (workload.bytes == MAP_FAILED) die("cannot map the workload");
    close(fd);

    size_t capacity = 0, at = 0;
    while (at < workload.length && (lines == 0 || workload.lines < lines)) {
        if (workload.count + 1 >= capacity) {
            capacity = capacity * 2 + 1024;
            workload.requests = realloc(workload.requests, capacity * sizeof *workload.requests);
            if (!workload.requests) die("out of memory");
        }
        struct request request = {.at = at};
        while (request.lines < batch && at < workload.length && (lines == 0 || workload.lines < lines)) {
            const char *end = memchr(workload.bytes + at, '\n', workload.length - at);
            at = end ? (size_t)(end - workload.bytes) + 1 : workload.length;
            request.lines++;
            workload.lines++;
        }
        request.length = at - request.at;
        if (request.length > workload.longest) workload.longest = request.length;
        workload.requests[workload.count++] = request;
    }
    workload.length = at;
    return workload;
}

static int is_hex(char byte) { return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f'); }

static int is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/// Whether a UUID starts here; `run` hexadecimal digits do.
static int is_uuid(const char *at, size_t run, size_t left) {
    if (run != 8 || left < 36) return 0;
    for (int i = 8; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23 ? at[i] != '-' : !is_hex(at[i])) return 0;
    }
    return 1;
}

static int follows(const struct workload *workload, size_t at, const char *name) {
    size_t length = strlen(name);
    return at >= length && memcmp(workload->bytes + at - length, name, length) == 0;
}

static size_t capacity_of_spots;

static void add_spot(struct workload *workload, size_t at, size_t length, int kind) {
    if (workload->spot_count == capacity_of_spots) {
        capacity_of_spots = capacity_of_spots * 2 + 65536;
        workload->spots = realloc(workload->spots, capacity_of_spots * sizeof *workload->spots);
        if (!workload->spots) die("out of memory");
    }
    workload->spots[workload->spot_count++] =
        (struct spot){.at = at & 0xffffffffffff, .kind = (uint64_t)kind & 255, .length = length & 255};
}

/// Looks at one place of the file; returns the place to go on at.
static size_t find_spot(struct workload *workload, size_t at, size_t end) {
    const char *bytes = workload->bytes;
    if (bytes[at] == 'D' && end - at > 24 && memcmp(bytes + at, "Date\":\"", 7) == 0) {
        add_spot(workload, at + 7, 16, HTTP_DAY);
        return at + 23;
    }
    if (!is_hex(bytes[at])) return at + 1;
    size_t stop = at;
    while (stop < end && is_hex(bytes[stop]) && stop - at < 255) stop++;
    size_t run = stop - at;
    if (run >= 10) {
        add_spot(workload, at, run, DIGITS);
    } else if (is_uuid(bytes + at, run, end - at)) {
        if (!follows(workload, at, "\"flow_id\":\"")) add_spot(workload, at, 36, UUID);
        return at + 36;
    } else if (run == 4 && end - at > 10 && bytes[at] == '2' && bytes[at + 4] == '-' && bytes[at + 7] == '-'
        && bytes[at + 10] == 'T' && is_digit(bytes[at + 5]) && is_digit(bytes[at + 8])) {
        add_spot(workload, at, 10, DAY);
        return at + 10;
    }
    return stop;
}

void find_spots(struct workload *workload) {
    for (size_t i = 0; i < workload->count; i++) {
        struct request *request = &workload->requests[i];
        size_t at = request->at, end = at + request->length;
        request->first_spot = workload->spot_count;
        while (at < end) at = find_spot(workload, at, end);
    }
    workload->requests[workload->count].first_spot = workload->spot_count;
}

// MARK: - Copies

/// Days since 1970-01-01 and back, by Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
static long days_of(int year, int month, int day) {
    year -= month <= 2;
    long era = year / 400, of_era = year - era * 400;
    long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(long days, int *year, int *month, int *day) {
    days += 719468;
    long era = days / 146097, of_era = days - era * 146097;
    long years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    long of_year = of_era - (365 * years + years / 4 - years / 100), shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(years + era * 400) + (*month <= 2);
}

static const char *const week = "ThuFriSatSunMonTueWed"; // 1970-01-01 was a Thursday
static const char *const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

static int number(const char *digits, int count) {
    int value = 0;
    while (count--) value = value * 10 + *digits++ - '0';
    return value;
}

static void put_number(char *to, int value, int count) {
    while (count--) {
        to[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

static void move_day(char *at, int days) {
    int year, month, day;
    date_of(days_of(number(at, 4), number(at + 5, 2), number(at + 8, 2)) + days, &year, &month, &day);
    put_number(at, year, 4);
    put_number(at + 5, month, 2);
    put_number(at + 8, day, 2);
}

/// `Sun, 01 Nov 2026`, RFC 9110, section 5.6.7.
static void move_http_day(char *at, int days) {
    int year, month = 1, day;
    while (month < 12 && memcmp(months + (month - 1) * 3, at + 8, 3) != 0) month++;
    long moved = days_of(number(at + 12, 4), month, number(at + 5, 2)) + days;
    date_of(moved, &year, &month, &day);
    memcpy(at, week + moved % 7 * 3, 3);
    put_number(at + 5, day, 2);
    memcpy(at + 8, months + (month - 1) * 3, 3);
    put_number(at + 12, year, 4);
}

/// What a copy adds to the hexadecimal digits of an id, by their place in it: the same id always becomes the same one,
/// two ids never become one, and ids of two copies hardly ever meet. SplitMix64.
static void keys_of(unsigned copy, unsigned char keys[32]) {
    uint64_t state = copy;
    for (int i = 0; i < 32; i++) {
        uint64_t mixed = state += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
        keys[i] = (unsigned char)((mixed ^ mixed >> 31) & 15);
    }
}

static void change_digits(char *at, size_t length, const unsigned char keys[32], int uuid) {
    for (size_t i = 0; i < length; i++) {
        // Version and variant of a UUID stay (RFC 9562, section 4).
        if (at[i] == '-' || (uuid && (i == 14 || i == 19))) continue;
        int digit = at[i] <= '9' ? at[i] - '0' : at[i] - 'a' + 10;
        at[i] = "0123456789abcdef"[(digit + keys[i & 31]) & 15];
    }
}

void write_copy(const struct workload *workload, size_t request, struct copy copy, char *to) {
    const struct request *part = &workload->requests[request];
    unsigned char keys[32] = {0};
    if (copy.number) keys_of(copy.number, keys);
    memcpy(to, workload->bytes + part->at, part->length);
    for (size_t i = part->first_spot; i < part[1].first_spot; i++) {
        struct spot spot = workload->spots[i];
        char *at = to + (spot.at - part->at);
        if (spot.kind == DAY) {
            if (copy.days) move_day(at, copy.days);
        } else if (spot.kind == HTTP_DAY) {
            if (copy.days) move_http_day(at, copy.days);
        } else if (copy.number) {
            change_digits(at, spot.length, keys, spot.kind == UUID);
        }
    }
}
