/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Random documents whose passages repeat, the sources file of them, and a text to ask about. PATH is where the
 * file is written.
 */
#ifndef PYLM_TEST_SOURCES_TEXTS_H
#define PYLM_TEST_SOURCES_TEXTS_H

#include "check.h"

#include "core/hash.h"
#include "train/sources/sources.h"

#define MOST_NBYTES 4000u
#define MOST_WORDS 2000u
#define MOST_DOCUMENTS 8u

struct text {
    uint8_t bytes[MOST_NBYTES];
    size_t nbytes;
    pylm_span words[MOST_WORDS];
    uint64_t n_words;
};

static struct text documents[MOST_DOCUMENTS], query;

static void append(struct text *text, const char *bytes, size_t nbytes)
{
    if (text->nbytes + nbytes <= sizeof text->bytes) {
        memcpy(text->bytes + text->nbytes, bytes, nbytes);
        text->nbytes += nbytes;
    }
}

/* Few different words, so that passages repeat. Some are beginnings of others, are not UTF-8, or have no space
 * around. */
static void make(struct text *text, uint32_t n_words, uint64_t *seed)
{
    static const char *const words[] = {"a",
                                        "b",
                                        "ab",
                                        "abcdefgh",
                                        "abcdefghi",
                                        "a\xe3\x81",
                                        "\xff",
                                        "\xe6\xbc\xa2",
                                        "\xe5\xad\x97",
                                        "\xf0\xa0\x80\x80",
                                        "\xe0\xb8\x81",
                                        "\xe2\x82",
                                        "",
                                        "\xc3\xa9"};
    static const char *const spaces[] = {" ",       "\n", " \t\r\n ", "\xc2\xa0", "\xe3\x80\x80", "\xe2\x80\x83 ",
                                         "\xc2\x85"};
    uint64_t r = random_number(seed), n_different = 1u + r % 14u;
    text->nbytes = 0;
    while (n_words--) {
        const char *word = words[(r = random_number(seed)) % n_different];
        const char *space = spaces[(r >> 16) % 16u < 10u ? 0u : (r >> 20) % 7u];
        append(text, word, *word ? strlen(word) : 1u); /* "" is a NUL */
        if ((r >> 32) % 12u)
            append(text, space, strlen(space));
    }
    text->n_words = pylm_split_words(text->bytes, text->nbytes, text->words, MOST_WORDS);
    REQUIRE(text->n_words <= MOST_WORDS);
}

/* Words that are the same from two places on. */
static uint64_t common(const struct text *a, uint64_t i, const struct text *b, uint64_t j)
{
    uint64_t n;
    for (n = 0; i + n < a->n_words && j + n < b->n_words; n++) {
        pylm_span x = a->words[i + n], y = b->words[j + n];
        if (x.end - x.begin != y.end - y.begin ||
            memcmp(a->bytes + x.begin, b->bytes + y.begin, (size_t)(x.end - x.begin)) != 0)
            break;
    }
    return n;
}

/* The file of the documents, in a block of exactly its size. */
static struct image write_file(uint32_t n_documents, const pylm_model *model)
{
    pylm_sources_writer *writer;
    struct image file;
    const void *data;
    uint64_t nbytes, saved;
    uint32_t d;
    REQUIRE(pylm_sources_writer_new(&writer, PATH) == PYLM_OK);
    for (d = 0; d < n_documents; d++) {
        char name[16];
        int n = sprintf(name, "%u.txt", (unsigned)d);
        REQUIRE(pylm_sources_writer_add(writer, name, (uint64_t)n, documents[d].bytes, documents[d].nbytes, NULL) ==
                PYLM_OK);
    }
    CHECK(pylm_sources_writer_save(writer, model, NULL) == PYLM_ERR_ARGUMENT);
    REQUIRE(pylm_sources_writer_sort(writer, NULL) == PYLM_OK);
    CHECK(pylm_sources_writer_add(writer, "", 0, "", 0, NULL) == PYLM_ERR_ARGUMENT);
    REQUIRE(pylm_sources_writer_save(writer, model, &saved) == PYLM_OK);
    pylm_sources_writer_free(writer);
    REQUIRE(pylm_file_map(PATH, &data, &nbytes) == PYLM_OK && nbytes == saved);
    file.nbytes = (size_t)nbytes;
    file.data = allocate(file.nbytes);
    memcpy(file.data, data, file.nbytes);
    pylm_file_unmap(data, nbytes);
    CHECK(remove(PATH) == 0);
    return file;
}

/* Makes the checksum of a changed head right. */
static void sign(struct image *file)
{
    pylm__store64(file->data + PYLM__S_HEAD_CHECKSUM,
                  pylm__checksum(file->data + PYLM__S_CHECKSUM, PYLM__S_NBYTES - PYLM__S_CHECKSUM));
}

#define N_DAMAGED 3000

/* Makes `copy` a file with some bytes changed: every third time in its head, else behind it. */
static void damage(const struct image *file, struct image *copy, uint64_t time, uint64_t *seed)
{
    uint64_t changes = 1u + random_number(seed) % 8u, from = time % 3u ? PYLM__S_NBYTES : 0u;
    copy->nbytes = file->nbytes;
    memcpy(copy->data, file->data, file->nbytes);
    while (changes--) {
        uint64_t r = random_number(seed), to = time % 3u ? file->nbytes : PYLM__S_NBYTES;
        uint64_t at = from + (r >> 8) % (to - from);
        copy->data[at] = (uint8_t)(r % 3u == 0 ? 0u : r % 3u == 1u ? 255u : r >> 40);
    }
    sign(copy);
}

#endif
