// What processes have used, as Linux tells it.
#ifndef BENCH_COST_H
#define BENCH_COST_H

/// CPU seconds of this process, and of another one.
double own_cpu(void);
double cpu_of(long pid);

/// Resident megabytes of a process at its peak.
double peak_mb_of(long pid);

#endif
