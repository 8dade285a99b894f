#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Searches that look at sixteen bytes at once. Swift's own SIMD types compare lane by lane in a loop (6.3), so these are
   in C, in the vector extensions that clang has for every processor. Nothing outside text[0 ..< count] is read. */

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int8_t marks16 __attribute__((vector_size(16)));

static inline bytes16 load16(const uint8_t *text) {
    bytes16 block;
    memcpy(&block, text, 16);
    return block;
}

static inline bytes16 all16(uint8_t byte) {
    return (bytes16){byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte};
}

/* The place of the first lane at or behind `from` that is not 0; lanes are 0 or -1. At least 16 when there is none. */
static inline ptrdiff_t first_mark(marks16 marks, unsigned from) {
#ifdef __SSE2__
    uint32_t bits = (uint32_t)__builtin_ia32_pmovmskb128((__attribute__((vector_size(16))) char)marks);
    return __builtin_ctz((bits >> from << from) | 0x10000);
#else
    uint64_t words[2];
    memcpy(words, &marks, 16);
    for (unsigned lane = from; lane < 16; lane = (lane | 7) + 1) {
        uint64_t word = words[lane / 8] >> (lane % 8 * 8);
        if (word != 0) return lane + __builtin_ctzll(word) / 8;
    }
    return 16;
#endif
}

static inline marks16 json_marks(bytes16 block) {
    return (marks16)(block == all16('"')) | (marks16)(block == all16('\\')) | (marks16)(block < all16(0x20));
}

/* The first `"`, `\` or control character at or behind `start`; `count` when there is none. */
static inline ptrdiff_t first_json_special(const uint8_t *text, ptrdiff_t start, ptrdiff_t count) {
    ptrdiff_t at = start;
    while (count - at >= 16) {
        ptrdiff_t place = first_mark(json_marks(load16(text + at)), 0);
        if (place < 16) return at + place;
        at += 16;
    }
    while (at < count && text[at] != '"' && text[at] != '\\' && text[at] >= 0x20) at++;
    return at;
}

/* Copies text to output up to its first backslash or end, and says how far. Output has room for count bytes; what lies
   there behind the copy is undefined afterwards. */
static inline ptrdiff_t copy_to_backslash(const uint8_t *text, ptrdiff_t count, uint8_t *output) {
    ptrdiff_t at = 0;
    while (count - at >= 16) {
        bytes16 block = load16(text + at);
        memcpy(output + at, &block, 16);
        ptrdiff_t place = first_mark((marks16)(block == all16('\\')), 0);
        if (place < 16) return at + place;
        at += 16;
    }
    while (at < count && text[at] != '\\') {
        output[at] = text[at];
        at++;
    }
    return at;
}

static inline marks16 secret_marks(bytes16 block, bytes16 next) {
    bytes16 small = block | all16(0x20);
    /* `a` and `e` differ in one bit. */
    bytes16 vowel = (next | all16(0x20)) & all16(0xFB);
    return (marks16)(block == all16(':')) | (marks16)(block == all16('='))
        | ((marks16)(small == all16('b')) & (marks16)(vowel == all16('a')));
}

/* The first `:`, `=`, or `b` before an `a` or `e` in either case, at or behind `start`; `count` when there is none. The
   last byte is left out: nothing begins with it. */
static inline ptrdiff_t first_secret_trigger(const uint8_t *text, ptrdiff_t start, ptrdiff_t count) {
    ptrdiff_t at = start;
    while (count - at > 16) {
        ptrdiff_t place = first_mark(secret_marks(load16(text + at), load16(text + at + 1)), 0);
        if (place < 16) return at + place;
        at += 16;
    }
    if (count - at <= 1) return count;
    if (count > 16) {
        /* The rest together with bytes before it, which are passed over. */
        ptrdiff_t last = count - 17;
        ptrdiff_t place = first_mark(secret_marks(load16(text + last), load16(text + last + 1)), (unsigned)(at - last));
        return place < 16 ? last + place : count;
    }
    for (; at < count - 1; at++) {
        if (text[at] == ':' || text[at] == '=') return at;
        if ((text[at] | 0x20) == 'b' && ((text[at + 1] | 0x20) & 0xFB) == 'a') return at;
    }
    return count;
}
