#pragma once

#include "shim.h"

/* One pass over a text that notes, one bit a byte, where redaction has to look closely: most texts have no such place, and
   are copied. */
struct text_marks {
    /* Of 64 bytes, the first one lowest. Where something may begin that is a secret, see `trigger_groups`. */
    uint64_t triggers;
    /* A byte with which an escape of a URL, JSON or HTML may begin. */
    uint64_t escapes;
    /* Where fourteen digits end, or four behind a byte that is none and four more: numbers of payment cards have that. */
    uint64_t numbers;
    /* A place at which a filter of known secrets knows the four or eight bytes. */
    uint64_t samples;
};

struct marked_bytes {
    uint64_t triggers, escapes, digits;
};

/* Of 64 bytes and one behind them. */
static inline struct marked_bytes marked_bytewise(const uint8_t *text) {
    struct marked_bytes marked = {0, 0, 0};
    for (int i = 0; i < 64; i++) {
        uint64_t bit = (uint64_t)1 << i;
        if (trigger_groups(text[i], text[i + 1]) != 0) marked.triggers |= bit;
        if (text[i] == '%' || text[i] == '\\' || text[i] == '&') marked.escapes |= bit;
        if ((uint8_t)(text[i] - '0') < 10) marked.digits |= bit;
    }
    return marked;
}

#if defined(__x86_64__)
static inline __attribute__((target("ssse3"), always_inline)) struct marked_bytes marked_ssse3(const uint8_t *text) {
    lanes16 tables[4];
    memcpy(&tables[0], trigger_low1, 16);
    memcpy(&tables[1], trigger_high1, 16);
    memcpy(&tables[2], trigger_low2, 16);
    memcpy(&tables[3], trigger_high2, 16);
    struct marked_bytes marked = {0, 0, 0};
    for (int at = 0; at < 64; at += 16) {
        bytes16 block = load16(text + at);
        marks16 triggers = trigger_marks(block, load16(text + at + 1), tables);
        marks16 escapes = (marks16)(block == all16('%')) | (marks16)(block == all16('\\')) | (marks16)(block == all16('&'));
        marks16 digits = (marks16)(block - all16('0') < all16(10));
        marked.triggers |= (uint64_t)(uint32_t)__builtin_ia32_pmovmskb128((lanes16)triggers) << at;
        marked.escapes |= (uint64_t)(uint32_t)__builtin_ia32_pmovmskb128((lanes16)escapes) << at;
        marked.digits |= (uint64_t)(uint32_t)__builtin_ia32_pmovmskb128((lanes16)digits) << at;
    }
    return marked;
}

typedef uint8_t bytes32 __attribute__((vector_size(32)));
typedef char lanes32 __attribute__((vector_size(32)));

static inline __attribute__((target("avx2"), always_inline)) lanes32 both_halves(const uint8_t table[16]) {
    lanes32 both;
    memcpy(&both, table, 16);
    memcpy((char *)&both + 16, table, 16);
    return both;
}

static inline __attribute__((target("avx2"), always_inline)) struct marked_bytes marked_avx2(const uint8_t *text) {
    lanes32 low1 = both_halves(trigger_low1), high1 = both_halves(trigger_high1);
    lanes32 low2 = both_halves(trigger_low2), high2 = both_halves(trigger_high2);
    struct marked_bytes marked = {0, 0, 0};
    for (int at = 0; at < 64; at += 32) {
        bytes32 block, next;
        memcpy(&block, text + at, 32);
        memcpy(&next, text + at + 1, 32);
        bytes32 groups = (bytes32)__builtin_ia32_pshufb256(low1, (lanes32)(block & 15))
            & (bytes32)__builtin_ia32_pshufb256(high1, (lanes32)(block >> 4))
            & (bytes32)__builtin_ia32_pshufb256(low2, (lanes32)(next & 15))
            & (bytes32)__builtin_ia32_pshufb256(high2, (lanes32)(next >> 4));
        bytes32 escapes = (bytes32)(block == '%') | (bytes32)(block == '\\') | (bytes32)(block == '&');
        marked.triggers |= (uint64_t)(uint32_t)__builtin_ia32_pmovmskb256((lanes32)(groups != 0)) << at;
        marked.escapes |= (uint64_t)(uint32_t)__builtin_ia32_pmovmskb256((lanes32)escapes) << at;
        marked.digits |= (uint64_t)(uint32_t)__builtin_ia32_pmovmskb256((lanes32)(block - '0' < 10)) << at;
    }
    return marked;
}
#endif

/* Writes the marks of count bytes, but those of samples, which are cleared: one text_marks for each 64 bytes begun. */
#define MARK_TEXT(name, features, marked_of)                                                                             \
    static features void name(const uint8_t *text, ptrdiff_t count, struct text_marks *marks) {                          \
        uint64_t ones = 0, twos = 0, fours = 0; /* in the 64 bytes before, the ends of runs of so many digits */                     \
        for (ptrdiff_t at = 0; at < count; at += 64) {                                                                   \
            struct marked_bytes marked;                                                                                  \
            if (count - at > 64) {                                                                                       \
                marked = marked_of(text + at);                                                                           \
            } else {                                                                                                     \
                uint8_t rest[65] = {0};                                                                                  \
                memcpy(rest, text + at, (size_t)(count - at));                                                           \
                marked = marked_of(rest);                                                                                \
            }                                                                                                            \
            uint64_t one = marked.digits;                                                                                \
            uint64_t two = one & (one << 1 | ones >> 63);                                                                \
            uint64_t four = two & (two << 2 | twos >> 62);                                                               \
            uint64_t eight = four & (four << 4 | fours >> 60);                                                           \
            uint64_t fourteen = eight & (four << 8 | fours >> 56) & (two << 12 | twos >> 52);                            \
            uint64_t groups = four & ~(one << 4 | ones >> 60) & (four << 5 | fours >> 59);                               \
            *marks++ = (struct text_marks){marked.triggers, marked.escapes, fourteen | groups, 0};                       \
            ones = one;                                                                                                  \
            twos = two;                                                                                                  \
            fours = four;                                                                                                \
        }                                                                                                                \
    }

MARK_TEXT(mark_text_bytewise, inline, marked_bytewise)
#if defined(__x86_64__)
MARK_TEXT(mark_text_ssse3, __attribute__((target("ssse3"), noinline)), marked_ssse3)
MARK_TEXT(mark_text_avx2, __attribute__((target("avx2"), noinline)), marked_avx2)
#endif

#if defined(__x86_64__)
static inline bool cpu_has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}
#endif

static inline void mark_text(const uint8_t *text, ptrdiff_t count, struct text_marks *marks) {
#if defined(__x86_64__)
    if (cpu_has_avx2()) return mark_text_avx2(text, count, marks);
    if (__builtin_cpu_supports("ssse3")) return mark_text_ssse3(text, count, marks);
#endif
    mark_text_bytewise(text, count, marks);
}

/* Hashes of eight and of four bytes, in their top bits. Letters of ASCII in either case have the same one (as have some
   other bytes). */
static inline uint64_t sample_hash8(const uint8_t *text) {
    uint64_t word;
    memcpy(&word, text, 8);
    return (word | 0x2020202020202020u) * 0x9E3779B97F4A7C15u;
}

static inline uint64_t sample_hash4(const uint8_t *text) {
    uint32_t word;
    memcpy(&word, text, 4);
    return (word | 0x20202020u) * 0x9E3779B97F4A7C15u;
}

/* Three bits of a word of the filter, by bits of the hash below those that choose the word. */
static inline uint64_t sample_mask(uint64_t hash) {
    return (uint64_t)1 << (hash >> 42 & 63) | (uint64_t)1 << (hash >> 36 & 63) | (uint64_t)1 << (hash >> 30 & 63);
}

/* Marks every stride-th place whose four or eight bytes are in the filter. The table may be far from the processor: what
   64 places ask for is fetched at once. */
#define MARK_SAMPLES(name, bytes, hash_of)                                                                               \
    static inline void name(const uint8_t *text, ptrdiff_t count, struct text_marks *marks, ptrdiff_t stride,            \
                            const uint64_t *table, uint64_t shift) {                                                     \
        uint64_t hashes[64];                                                                                             \
        for (ptrdiff_t first = 0; first + bytes <= count;) {                                                             \
            ptrdiff_t at = first;                                                                                        \
            ptrdiff_t taken = 0;                                                                                         \
            for (; taken < 64 && at + bytes <= count; at += stride) {                                                    \
                uint64_t hash = hash_of(text + at);                                                                      \
                __builtin_prefetch(&table[hash >> shift]);                                                               \
                hashes[taken++] = hash;                                                                                  \
            }                                                                                                            \
            at = first;                                                                                                  \
            for (ptrdiff_t i = 0; i < taken; i++, at += stride) {                                                        \
                uint64_t mask = sample_mask(hashes[i]);                                                                  \
                if ((table[hashes[i] >> shift] & mask) == mask) marks[at >> 6].samples |= (uint64_t)1 << (at & 63);      \
            }                                                                                                            \
            first = at;                                                                                                  \
        }                                                                                                                \
    }

MARK_SAMPLES(mark_samples8, 8, sample_hash8)
MARK_SAMPLES(mark_samples4, 4, sample_hash4)

/* Of one kind of marks, whose words stand four apart, the first at or behind `from`; `end` when there is none. */
static inline ptrdiff_t next_mark(const uint64_t *marks, ptrdiff_t from, ptrdiff_t end) {
    if (from >= end) return end;
    ptrdiff_t word = from >> 6;
    uint64_t bits = marks[4 * word] >> (from & 63) << (from & 63);
    while (bits == 0) {
        word++;
        if (word << 6 >= end) return end;
        bits = marks[4 * word];
    }
    ptrdiff_t place = word << 6 | __builtin_ctzll(bits);
    return place < end ? place : end;
}

/* Whether there is a mark of any kind from `from` to `end`. */
static inline bool has_marks(const struct text_marks *marks, ptrdiff_t from, ptrdiff_t end) {
    if (from >= end) return false;
    ptrdiff_t word = from >> 6, last = (end - 1) >> 6;
    uint64_t mask = ~(uint64_t)0 << (from & 63);
    for (; word < last; word++, mask = ~(uint64_t)0) {
        if (((marks[word].triggers | marks[word].escapes | marks[word].numbers | marks[word].samples) & mask) != 0) return true;
    }
    mask &= ~(uint64_t)0 >> (63 - ((end - 1) & 63));
    return ((marks[last].triggers | marks[last].escapes | marks[last].numbers | marks[last].samples) & mask) != 0;
}

/* Copies 32 bytes at once, of which the first ones count. */
static inline void copy32(void *output, const void *text) {
    memcpy(output, text, 32);
}

/* The first place at or behind `start` of `yJ`, `KI`, `h` and `_` one byte on, `xo`, `_l` or `--`, which are in certain tokens
   and in few other texts; `count` when there is none. For the second look, which shares no search with the first. */
static inline ptrdiff_t first_certain_token(const uint8_t *text, ptrdiff_t start, ptrdiff_t count) {
    ptrdiff_t at = start;
    for (; count - at >= 18; at += 16) {
        bytes16 one = load16(text + at), two = load16(text + at + 1), three = load16(text + at + 2);
        marks16 marks = ((marks16)(one == all16('y')) & (marks16)(two == all16('J')))
            | ((marks16)(one == all16('K')) & (marks16)(two == all16('I')))
            | ((marks16)(one == all16('h')) & (marks16)(three == all16('_')))
            | ((marks16)(one == all16('x')) & (marks16)(two == all16('o')))
            | ((marks16)(one == all16('_')) & (marks16)(two == all16('l')))
            | ((marks16)(one == all16('-')) & (marks16)(two == all16('-')));
        ptrdiff_t place = first_mark(marks, 0);
        if (place < 16) return at + place;
    }
    for (; at + 2 < count; at++) {
        switch (text[at]) {
        case 'y': if (text[at + 1] == 'J') return at; break;
        case 'K': if (text[at + 1] == 'I') return at; break;
        case 'h': if (text[at + 2] == '_') return at; break;
        case 'x': if (text[at + 1] == 'o') return at; break;
        case '_': if (text[at + 1] == 'l') return at; break;
        case '-': if (text[at + 1] == '-') return at; break;
        }
    }
    return count;
}

static inline uint64_t registered_hash(uint64_t word) {
    return word * 0xA24BAED4963EE407u;
}

/* The first of the places from, from + stride, ... of whose eight or four bytes the bitmap has the bit; `count` when there is
   none. */
#define NEXT_SAMPLE(name, type)                                                                                          \
    static inline ptrdiff_t name(const uint8_t *text, ptrdiff_t from, ptrdiff_t count, ptrdiff_t stride,                 \
                                 const uint64_t *bitmap, uint64_t shift) {                                               \
        for (ptrdiff_t at = from; at + (ptrdiff_t)sizeof(type) <= count; at += stride) {                                 \
            type word;                                                                                                   \
            memcpy(&word, text + at, sizeof(type));                                                                      \
            uint64_t bit = registered_hash(word) >> shift;                                                               \
            if (bitmap[bit >> 6] >> (bit & 63) & 1) return at;                                                           \
        }                                                                                                                \
        return count;                                                                                                    \
    }

NEXT_SAMPLE(next_sample8, uint64_t)
NEXT_SAMPLE(next_sample4, uint32_t)
