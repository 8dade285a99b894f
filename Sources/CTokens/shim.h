#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Looks at the bytes of words many at once. In C, because Swift's SIMD types compare lane by lane (6.3) and its loads of
   a few bytes at any place are not inlined. Nothing outside of the given bytes is read. */

typedef uint8_t token_bytes16 __attribute__((vector_size(16)));

/* Letters and digits of ASCII, `_`, and every byte of other characters. */
static inline bool is_word_byte(uint8_t byte) {
    return (uint8_t)((byte | 0x20) - 'a') < 26 || (uint8_t)(byte - '0') < 10 || byte >= 0x80 || byte == '_';
}

static inline uint64_t word_bits16(const uint8_t *text) {
#ifdef __SSE2__
    token_bytes16 block;
    memcpy(&block, text, 16);
    token_bytes16 word = (token_bytes16)((token_bytes16)((block | 0x20) - 'a') < 26)
        | (token_bytes16)((token_bytes16)(block - '0') < 10) | (token_bytes16)(block >= 0x80)
        | (token_bytes16)(block == '_');
    return (uint64_t)(uint16_t)__builtin_ia32_pmovmskb128((__attribute__((vector_size(16))) char)word);
#else
    uint64_t bits = 0;
    for (int at = 0; at < 16; at++) bits |= (uint64_t)is_word_byte(text[at]) << at;
    return bits;
#endif
}

/* Sets a bit for each byte of a word, the lowest of each 64 first; `bits` has room for count bits, rounded up to 64. */
static inline void mark_words(const uint8_t *text, ptrdiff_t count, uint64_t *bits) {
    ptrdiff_t at = 0;
    for (; count - at >= 64; at += 64) {
        bits[at >> 6] = word_bits16(text + at) | word_bits16(text + at + 16) << 16 | word_bits16(text + at + 32) << 32
            | word_bits16(text + at + 48) << 48;
    }
    if (at == count) return;
    uint64_t last = 0;
    for (ptrdiff_t place = at; place < count; place++) last |= (uint64_t)is_word_byte(text[place]) << (place - at);
    bits[at >> 6] = last;
}

static inline uint64_t load_8(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

static inline uint32_t load_4(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, 4);
    return word;
}

/* Whether two words of `count` bytes are alike: whole words of the machine, the last one over bytes that were seen. */
static inline bool is_same_word(const uint8_t *a, const uint8_t *b, ptrdiff_t count) {
    if (count >= 8) {
        for (ptrdiff_t at = 0; at + 8 < count; at += 8) if (load_8(a + at) != load_8(b + at)) return false;
        return load_8(a + count - 8) == load_8(b + count - 8);
    }
    if (count >= 4) return load_4(a) == load_4(b) && load_4(a + count - 4) == load_4(b + count - 4);
    for (ptrdiff_t at = 0; at < count; at++) if (a[at] != b[at]) return false;
    return true;
}

/* In memory only, so free to change; seeded, so that nobody can choose words that share a place. */
static inline uint32_t word_hash(const uint8_t *bytes, ptrdiff_t count, uint64_t seed) {
    uint64_t hash = seed ^ (uint64_t)count * 0x9E3779B97F4A7C15;
    uint64_t last = 0;
    if (count >= 8) {
        for (ptrdiff_t at = 0; at + 8 < count; at += 8) {
            hash = (hash ^ load_8(bytes + at)) * 0xBF58476D1CE4E5B9;
            hash ^= hash >> 29;
        }
        last = load_8(bytes + count - 8);
    } else if (count >= 4) {
        last = (uint64_t)load_4(bytes) << 32 | load_4(bytes + count - 4);
    } else if (count > 0) {
        last = (uint64_t)bytes[0] << 16 | (uint64_t)bytes[count >> 1] << 8 | bytes[count - 1];
    }
    hash = (hash ^ last) * 0x94D049BB133111EB;
    return (uint32_t)(hash >> 32) ^ (uint32_t)hash;
}
