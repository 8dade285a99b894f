#include "cost.h"

#include "http.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

double own_cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
        + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

double cpu_of(long pid) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    unsigned long user = 0, system = 0;
    if (!file || !fgets(line, sizeof line, file)) die("no process %ld", pid);
    const char *fields = strrchr(line, ')');
    if (!fields
        || sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) {
        die("cannot read %s", path);
    }
    fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double peak_mb_of(long pid) {
    char path[64], line[256];
    double peak = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    FILE *file = fopen(path, "r");
    if (!file) die("no process %ld", pid);
    while (fgets(line, sizeof line, file)) {
        long kilobytes;
        if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1) peak = (double)kilobytes / 1024;
    }
    fclose(file);
    return peak;
}
