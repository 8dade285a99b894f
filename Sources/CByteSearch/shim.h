#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Searches that look at sixteen bytes at once. Swift's own SIMD types compare lane by lane in a loop (6.3), so these are
   in C, in the vector extensions that clang has for every processor. Nothing outside text[0 ..< count] is read. Processors
   are taken to be little-endian, as all are for which Swift is made. */

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

static inline bool same_bytes(const void *one, const void *other, ptrdiff_t count) {
    return memcmp(one, other, (size_t)count) == 0;
}

/* Whether `word` stands somewhere in `text`: quick when its first byte is not too frequent there. */
static inline bool holds_bytes(const void *text, ptrdiff_t count, const void *word, ptrdiff_t length) {
    const uint8_t *at = text, *end = at + count;
    while (end - at >= length && (at = memchr(at, *(const uint8_t *)word, end - at - length + 1)) != NULL) {
        if (memcmp(at, word, length) == 0) return true;
        at++;
    }
    return false;
}

/* Whether text begins with the first count bytes of word, at most 48 of them. Of both, 48 bytes may be read. */
static inline bool begins_with(const void *text, const void *word, ptrdiff_t count) {
    for (ptrdiff_t at = 0; at < count; at += 16) {
        marks16 differ = ~(marks16)(load16((const uint8_t *)text + at) == load16((const uint8_t *)word + at));
        ptrdiff_t same = first_mark(differ, 0);
        if (same < 16) return at + same >= count;
    }
    return true;
}

static inline marks16 json_marks(bytes16 block) {
    return (marks16)(block == all16('"')) | (marks16)(block == all16('\\')) | (marks16)(block < all16(0x20));
}

/* The first `"`, `\` or control character at or behind `start`; `count` when there is none. */
static inline __attribute__((always_inline)) ptrdiff_t first_json_special(const uint8_t *text, ptrdiff_t start, ptrdiff_t count) {
    ptrdiff_t at = start;
    while (count - at >= 16) {
        ptrdiff_t place = first_mark(json_marks(load16(text + at)), 0);
        if (place < 16) return at + place;
        at += 16;
    }
    while (at < count && text[at] != '"' && text[at] != '\\' && text[at] >= 0x20) at++;
    return at;
}

/* What the letter of an escape of two characters means; 0 when there is no such escape. */
static inline uint8_t escape_meaning(uint8_t letter) {
    switch (letter) {
    case '"':
    case '\\':
    case '/': return letter;
    case 'b': return 0x08;
    case 'f': return 0x0C;
    case 'n': return 0x0A;
    case 'r': return 0x0D;
    case 't': return 0x09;
    default: return 0;
    }
}

/* From within a JSON string, the place of what ends it or has to be looked at closely: its quote, a control character, or
   the backslash of an escape that is not of two characters. `count` when there is none. */
static inline ptrdiff_t skip_json_string(const uint8_t *text, ptrdiff_t start, ptrdiff_t count) {
    ptrdiff_t at = start;
    /* One more byte than a block, for the letter of an escape that begins with its last one. */
    while (count - at > 16) {
        marks16 marks = json_marks(load16(text + at));
        ptrdiff_t next = 0;
        while (true) {
            ptrdiff_t place = first_mark(marks, (unsigned)next);
            if (place >= 16) break;
            if (text[at + place] != '\\' || escape_meaning(text[at + place + 1]) == 0) return at + place;
            next = place + 2;
        }
        at += next > 16 ? next : 16;
    }
    while (at < count && text[at] != '"' && text[at] >= 0x20) {
        if (text[at] == '\\') {
            if (at + 1 == count || escape_meaning(text[at + 1]) == 0) return at;
            at++;
        }
        at++;
    }
    return at;
}

/* Writes what the inside of a JSON string means to output, up to the first escape of a code unit (backslash and u) or to
   the end; says how far it read, and adds to *written. Output has room for count bytes; what lies there behind the text is
   undefined afterwards. The escapes were checked before. */
static inline ptrdiff_t unescape_json(const uint8_t *text, ptrdiff_t count, uint8_t *output, ptrdiff_t *written) {
    ptrdiff_t at = 0;
    uint8_t *end = output;
    while (count - at >= 16) {
        bytes16 block = load16(text + at);
        memcpy(end, &block, 16);
        ptrdiff_t plain = first_mark((marks16)(block == all16('\\')), 0);
        at += plain;
        end += plain;
        if (plain == 16) continue;
        /* An escape does not end with its backslash, so that one more byte is there. */
        if (text[at + 1] == 'u') goto end;
        *end++ = escape_meaning(text[at + 1]);
        at += 2;
    }
    while (at < count) {
        if (text[at] != '\\') {
            *end++ = text[at++];
        } else {
            if (text[at + 1] == 'u') goto end;
            *end++ = escape_meaning(text[at + 1]);
            at += 2;
        }
    }
end:
    *written += end - output;
    return at;
}

/* Whether text is of count lower-case hexadecimal digits, not all of them zero; count is a multiple of 16. */
static inline bool is_lower_hexadecimal(const uint8_t *text, ptrdiff_t count) {
    marks16 others = {0}, nonzero = {0};
    for (ptrdiff_t at = 0; at < count; at += 16) {
        bytes16 block = load16(text + at);
        others |= ~((marks16)(block - all16('0') < all16(10)) | (marks16)(block - all16('a') < all16(6)));
        nonzero |= (marks16)(block != all16('0'));
    }
    return first_mark(others, 0) == 16 && first_mark(nonzero, 0) < 16;
}

/* Where something may begin that is a secret: the first two bytes of names' ends, schemes and tokens, in eight groups. A
   group has every pair of one of its first bytes and one of its second ones, and some pairs more, because bytes are told
   apart by half bytes: the reader looks again. Groups: `:`, `=` or `<` and anything; `b` before `a` or `e` in either case; a
   dash behind a dash, `k` or `p`; `AK AS AI a2`; `SG SK sk xo`; `ey`; `gh gl np hp`; `b_ c_ k_`. Of each byte's lower
   and upper half, the groups to which it may belong as first and as second byte. */
static const uint8_t trigger_low1[16] = {0x04, 0x08, 0x82, 0x90, 0x00, 0x20, 0x00, 0x40, 0x50, 0x00, 0x01, 0x84, 0x01, 0x05, 0x40, 0x00};
static const uint8_t trigger_high1[16] = {0x00, 0x00, 0x04, 0x01, 0x0A, 0x10, 0xEE, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
static const uint8_t trigger_low2[16] = {0x41, 0x03, 0x09, 0x09, 0x01, 0x03, 0x01, 0x11, 0x41, 0x29, 0x01, 0x19, 0x41, 0x05, 0x01, 0x91};
static const uint8_t trigger_high2[16] = {0x01, 0x01, 0x05, 0x09, 0x1B, 0x89, 0x53, 0x61, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01};

static inline uint8_t trigger_groups(uint8_t first, uint8_t second) {
    return trigger_low1[first & 15] & trigger_high1[first >> 4] & trigger_low2[second & 15] & trigger_high2[second >> 4];
}

#if defined(__x86_64__)
typedef char lanes16 __attribute__((vector_size(16)));

static inline __attribute__((target("ssse3"), always_inline)) marks16 trigger_marks(bytes16 first, bytes16 second, const lanes16 tables[4]) {
    bytes16 half = all16(15);
    bytes16 groups = (bytes16)__builtin_ia32_pshufb128(tables[0], (lanes16)(first & half))
        & (bytes16)__builtin_ia32_pshufb128(tables[1], (lanes16)(first >> 4))
        & (bytes16)__builtin_ia32_pshufb128(tables[2], (lanes16)(second & half))
        & (bytes16)__builtin_ia32_pshufb128(tables[3], (lanes16)(second >> 4));
    return (marks16)(groups != all16(0));
}

#endif

/* Lane by lane whether 32 bytes are digits. */
static inline uint32_t digit_bits(const uint8_t *text) {
    uint32_t bits = 0;
#ifdef __SSE2__
    for (int half = 0; half < 2; half++) {
        marks16 marks = (marks16)(load16(text + 16 * half) - all16('0') < all16(10));
        bits |= (uint32_t)__builtin_ia32_pmovmskb128((__attribute__((vector_size(16))) char)marks) << (16 * half);
    }
#else
    for (int i = 0; i < 32; i++) bits |= (uint32_t)((uint8_t)(text[i] - '0') < 10) << i;
#endif
    return bits;
}

/* The first place at or behind `start` with eight digits, or four, a byte that is none, and four more: how numbers of
   payment cards begin. `count` when there is none. */
static inline ptrdiff_t first_long_number(const uint8_t *text, ptrdiff_t start, ptrdiff_t count) {
    ptrdiff_t at = start;
    while (count - at >= 13) {
        uint32_t bits;
        if (count - at >= 32) {
            bits = digit_bits(text + at);
        } else {
            uint8_t rest[32] = {0};
            memcpy(rest, text + at, (size_t)(count - at));
            bits = digit_bits(rest);
        }
        uint32_t four = bits & bits >> 1;
        four &= four >> 2;
        uint32_t found = ((four & four >> 4) | (four & four >> 5 & ~(bits >> 4))) & 0xFFFFF;
        if (found != 0) return at + __builtin_ctz(found);
        at += 20;
    }
    return count;
}

/* The first byte at or behind `start` with which an escape of a URL, JSON or HTML may begin; `count` when there is none. */
static inline ptrdiff_t first_escape(const uint8_t *text, ptrdiff_t start, ptrdiff_t count) {
    ptrdiff_t at = start;
    while (count - at >= 16) {
        bytes16 block = load16(text + at);
        marks16 marks = (marks16)(block == all16('%')) | (marks16)(block == all16('\\')) | (marks16)(block == all16('&'));
        ptrdiff_t place = first_mark(marks, 0);
        if (place < 16) return at + place;
        at += 16;
    }
    while (at < count && text[at] != '%' && text[at] != '\\' && text[at] != '&') at++;
    return at;
}
