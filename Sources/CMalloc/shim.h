#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Swift's Glibc module leaves out malloc.h. Other C libraries have no such settings, and need none. */

static inline void set_malloc_limits(int arenas, int mmap_threshold) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, arenas);
    mallopt(M_MMAP_THRESHOLD, mmap_threshold);
#else
    (void)arenas;
    (void)mmap_threshold;
#endif
}

/* realloc(3), which moves large memory without copying it; never NULL. */
static inline void *grown_memory(void *memory, size_t size) {
    void *grown = realloc(memory, size);
    if (grown == NULL) abort();
    return grown;
}

static inline void free_memory(void *memory) {
    free(memory);
}

static inline void give_back_free_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
