/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * sources.h: the layout of a sources file, as in docs/sources.md, and a view of it. All numbers are little-endian. The
 * parts follow each other without gaps:
 *
 *   head | text: documents, a NUL behind each | document ends | names | line ends | places of words
 *
 * The places of words are u32, sorted by the text that begins there. Texts are compared word by word, words as bytes;
 * the end of a document is smaller than any word.
 */
#ifndef PYLM_TRAIN_SOURCES_H
#define PYLM_TRAIN_SOURCES_H

#include "core/bits.h"
#include "pylm_sources.h"

#define PYLM__SOURCES_MAGIC "\x93pylT\r\n\x1a" /* 8 bytes, as a model's */
#define PYLM__SOURCES_VERSION 1u

/* Head. */
enum {
    PYLM__S_MAGIC = 0,
    PYLM__S_VERSION = 8,        /* u32 */
    PYLM__S_ZERO = 12,          /* u32 0 */
    PYLM__S_HEAD_CHECKSUM = 16, /* u64 of the bytes from 24 to the end of the head */
    PYLM__S_CHECKSUM = 24,      /* u64 of everything behind the head */
    PYLM__S_MODEL = 32,         /* u64 checksum in the head of the model */
    PYLM__S_FILE_NBYTES = 40,   /* u64 */
    PYLM__S_TEXT_NBYTES = 48,   /* u64 below 2^32; NULs included */
    PYLM__S_N_DOCUMENTS = 56,   /* u64 */
    PYLM__S_NAMES_NBYTES = 64,  /* u64 */
    PYLM__S_N_WORDS = 72,       /* u64 */
    PYLM__S_NBYTES = 80
};

/* Of each document: u64 where its NUL is in the text, u64 where its name ends in the names. */
#define PYLM__S_DOCUMENT_NBYTES 16u

/* Of each block of the text: u32 how many '\n' there are before it. */
#define PYLM__S_BLOCK 65536u
static inline uint64_t pylm__n_blocks(uint64_t text_nbytes)
{
    return (text_nbytes + PYLM__S_BLOCK - 1u) / PYLM__S_BLOCK;
}

/* What a pylm_sources holds. */
struct pylm__sources {
    const uint8_t *head, *text, *documents, *names, *blocks, *places;
    uint64_t text_nbytes, n_documents, names_nbytes, n_words;
};

static inline const struct pylm__sources *pylm__sources_view(const pylm_sources *sources)
{
    return (const struct pylm__sources *)(const void *)sources;
}

/* Where the NUL behind a document is; never behind the text, even in a damaged file. */
static inline uint64_t pylm__document_end(const struct pylm__sources *s, uint64_t number)
{
    uint64_t end = pylm__load64(s->documents + (size_t)number * PYLM__S_DOCUMENT_NBYTES);
    return end < s->text_nbytes ? end : s->text_nbytes;
}

/* The document that a byte of the text belongs to, or its NUL; n_documents if there is none. */
static inline uint64_t pylm__document_at(const struct pylm__sources *s, uint64_t at)
{
    uint64_t from = 0, to = s->n_documents;
    while (from < to) {
        uint64_t middle = from + (to - from) / 2u;
        if (pylm__document_end(s, middle) < at)
            from = middle + 1u;
        else
            to = middle;
    }
    return from;
}

/* Where the word of a rank stands in the text; in a damaged file it may be behind the end. */
static inline uint64_t pylm__word_place(const struct pylm__sources *s, uint64_t rank)
{
    return pylm__load32(s->places + (size_t)rank * 4u);
}

#endif
