/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Core and all modules: images made by an enemy, who can compute checksums. Any bytes are changed, and the head is
 * signed again. Sanitizers watch. Without them this finds only crashes and endless loops.
 */
#include "check.h"
#include "use_image.h"

#define N_RANDOM 60 /* for each kind of image; fuzz_image tries more */
#define N_RANDOM_KERNEL 40
#define N_TURNS 12u
#define MOST_CHANGES 12u

/* Changes bytes anywhere, or only in the head, or only behind it. */
static void change(struct image *image, uint64_t *seed)
{
    uint64_t r = random_number(seed), n = 1u + r % MOST_CHANGES;
    size_t head = pylm__load32(image->data + PYLM__H_HEAD_NBYTES), from = 0, to = image->nbytes;
    if ((r >> 8) % 3u == 0)
        to = head;
    else if ((r >> 8) % 3u == 1u)
        from = head;
    while (n--) {
        size_t at = from + (size_t)(random_number(seed) % (to - from));
        uint64_t kind = random_number(seed);
        image->data[at] = (uint8_t)(kind % 4u == 0    ? 0
                                    : kind % 4u == 1u ? 255
                                    : kind % 4u == 2u ? image->data[at] + 1u
                                                      : kind >> 8);
    }
    if (random_number(seed) % 8u == 0) { /* a whole stretch of noise */
        size_t at = from + (size_t)(random_number(seed) % (to - from)), end = at + 64u < to ? at + 64u : to;
        for (; at < end; at++)
            image->data[at] = (uint8_t)random_number(seed);
    }
}

/* Whether test_fields() has made the same image before: by a narrower value that changes the same bytes, or by an
 * earlier value that is equal in this width. Or whether it is the original. */
static int made_before(const uint8_t *was, size_t width, const uint64_t *values, size_t i)
{
    uint64_t mask = UINT64_MAX >> (64u - 8u * width);
    size_t narrower = width / 2u, b, j;
    for (j = 0; j < i; j++)
        if (((values[i] ^ values[j]) & mask) == 0)
            return 1;
    for (b = narrower; b < width; b++)
        if (was[b] != (uint8_t)(values[i] >> 8u * b))
            return 0;
    return 1;
}

/* Gives every field of the head in turn extreme values: 0, all ones, sizes of the image. Of these a
 * twelfth, by the turn: all of them would take minutes for each kind of image. */
static int test_fields(const struct image *original, struct image *copy, size_t turn)
{
    const uint64_t end = original->nbytes;
    const uint64_t values[] = {0,          1,          2,         32,         33,  255,      0x7fffffff,
                               0x80000000, 0xffffffff, INT64_MAX, UINT64_MAX, end, end - 8u, end - 16u};
    size_t head = pylm__load32(original->data + PYLM__H_HEAD_NBYTES), at, width, i, b;
    int accepted = 0;
    for (at = 8; at < head; at++)
        for (width = 1; width <= 8u; width *= 2u)
            for (i = 0; at % width == 0 && i < sizeof values / sizeof *values; i++) {
                if ((i + turn) % N_TURNS || made_before(original->data + at, width, values, i))
                    continue;
                memcpy(copy->data, original->data, original->nbytes);
                for (b = 0; b < width; b++)
                    copy->data[at + b] = (uint8_t)(values[i] >> 8u * b);
                sign_head(copy->data, copy->nbytes);
                accepted += use_image(copy->data, copy->nbytes);
            }
    return accepted;
}

/* Symbols whose leaves lie behind the last one, and classes at the very end of the image. */
static void test_leaves(const struct image *original, struct image *copy)
{
    uint32_t n = pylm__load32(original->data + PYLM__H_N_SYMBOLS);
    uint8_t *tree = copy->data + PYLM__H_NBYTES;
    uint64_t ranks = pylm__load64(original->data + PYLM__H_NBYTES + PYLM__T_RANKS), classes_nbytes;
    memcpy(copy->data, original->data, original->nbytes);
    REQUIRE(ranks && pylm__load64(tree + PYLM__T_CLASSES));
    classes_nbytes = ((uint64_t)n * (tree[PYLM__T_CLASS_BITS] + 0u + tree[PYLM__T_COARSE_BITS]) + 7u) / 8u;
    pylm__store64(tree + PYLM__T_CLASSES, copy->nbytes - PYLM__SLACK_NBYTES - classes_nbytes);
    memset(copy->data + ranks, 255, (size_t)n * tree[PYLM__T_SYMBOL_BITS] / 8u);
    sign_head(copy->data, copy->nbytes);
    CHECK(use_image(copy->data, copy->nbytes));
}

/* Gives every field in front of vectors extreme values; of the n_positions that follow, which are all alike, every
 * fifth byte, so that each byte of a position has its turn. Returns how often that was taken for an image. */
static int test_vectors(const struct image *original, struct image *copy, size_t part, size_t nbytes,
                        size_t n_positions)
{
    static const uint8_t values[] = {0, 1, 2, 8, 10, 11, 15, 16, 24, 25, 31, 32, 64, 72, 127, 128, 248, 255};
    size_t field, i;
    int accepted = 0;
    for (field = 0; field < nbytes + 4u * n_positions; field += field < nbytes ? 1u : 5u)
        for (i = 0; i < sizeof values; i++) {
            memcpy(copy->data, original->data, original->nbytes);
            copy->data[part + field] = values[i];
            accepted += use_image(copy->data, copy->nbytes);
        }
    return accepted;
}

/* Changes an image in n ways. Returns how often the result was taken for an image. */
static int attack(const struct image *original, struct image *copy, int n)
{
    uint64_t seed = 5;
    int i, accepted = 0;
    for (i = 0; i < n; i++) {
        memcpy(copy->data, original->data, original->nbytes);
        change(copy, &seed);
        sign_head(copy->data, copy->nbytes);
        accepted += use_image(copy->data, copy->nbytes);
    }
    return accepted;
}

static size_t part_at(const struct image *image, size_t field)
{
    return (size_t)pylm__load64(image->data + field);
}

/* In front of tables; then come the positions of their buckets, and in the second of its words and a prefix. */
#define WORDS_HEAD (PYLM__WORDS_NBYTES + PYLM__TABLE_HEAD_NBYTES)
#define PREFIXES_HEAD (4u + PYLM__TABLE_HEAD_NBYTES)

int main(void)
{
    static const uint32_t reaches[] = {2, 4, 6}; /* one bank, two, four */
    int kind, accepted = 0, tried = 0;
    for (kind = 0; kind < N_KINDS + 3; kind++) {
        int n = kind < N_KINDS ? N_RANDOM : N_RANDOM_KERNEL;
        struct image original = train_kind(kind < N_KINDS ? kind : KIND_KERNEL(reaches[kind - N_KINDS]), 400);
        struct image copy;
        copy.nbytes = original.nbytes;
        copy.data = allocate(copy.nbytes);
        tried += n;
        accepted += attack(&original, &copy, n);
        /* the other kinds have the same fields */
        if (kind <= KIND_WORDS || kind == KIND_EXTERNAL || kind == KIND_TOPICS || kind == N_KINDS)
            accepted += test_fields(&original, &copy, (size_t)kind);
        if (kind == KIND_EXTERNAL)
            test_leaves(&original, &copy);
        if (kind == KIND_TOPICS)
            CHECK(test_vectors(&original, &copy, part_at(&original, PYLM__H_TOPIC), PYLM__TOPIC_NBYTES, 0) > 0);
        if (kind == KIND_LAST_WORDS) {
            size_t words = part_at(&original, PYLM__H_TOPIC),
                   n_positions = 33u + GRAFTED_WORDS + PYLM__PREFIX_NBYTES / 4u;
            size_t prefixes = part_at(&original, PYLM__H_NBYTES + PYLM__T_TOPIC);
            CHECK(test_vectors(&original, &copy, words, WORDS_HEAD, 33) > 0);
            CHECK(test_vectors(&original, &copy, prefixes, PREFIXES_HEAD, n_positions) > 0);
        }
        free(copy.data);
        free(original.data);
    }
    CHECK(accepted > tried / 4); /* else this tests the checks of the head only */
    return finish();
}
