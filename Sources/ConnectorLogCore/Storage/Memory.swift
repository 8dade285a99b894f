internal import CMalloc

/// How the C library's allocator serves a server: batches come as columns of some hundred kilobytes, on any thread, and
/// are gone a second later. With glibc's defaults each thread would keep an arena full of holes.
package enum Memory {
    /// To be called first of all (mallopt(3)).
    package static func configure() {
        set_malloc_limits(2, 256 << 10)
    }

    /// Gives free memory back to the system, when there is time for it.
    package static func giveBack() {
        give_back_free_memory()
    }
}
