/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * sources.c: reading a sources file: opening it, its documents, and the places of a passage. Opening checks where the
 * parts are; their contents are clamped when they are read.
 */
#include "sources.h"

#include <string.h>

#include "core/hash.h"
#include "core/image.h"

typedef char pylm__sources_fit[sizeof(struct pylm__sources) <= sizeof(pylm_sources) ? 1 : -1];

/* Finds the parts; returns 0 unless they fill the file. */
static int find_parts(struct pylm__sources *s, uint64_t file_nbytes)
{
    const uint8_t *h = s->head;
    uint64_t documents_nbytes, blocks_nbytes;
    s->text_nbytes = pylm__load64(h + PYLM__S_TEXT_NBYTES);
    s->n_documents = pylm__load64(h + PYLM__S_N_DOCUMENTS);
    s->names_nbytes = pylm__load64(h + PYLM__S_NAMES_NBYTES);
    s->n_words = pylm__load64(h + PYLM__S_N_WORDS);
    if (s->text_nbytes > UINT32_MAX || s->n_documents > s->text_nbytes || s->n_words > s->text_nbytes ||
        s->names_nbytes > file_nbytes || file_nbytes > SIZE_MAX) /* so that no sum below overflows */
        return 0;
    documents_nbytes = s->n_documents * PYLM__S_DOCUMENT_NBYTES;
    blocks_nbytes = 4u * pylm__n_blocks(s->text_nbytes);
    if (PYLM__S_NBYTES + s->text_nbytes + documents_nbytes + s->names_nbytes + blocks_nbytes + 4u * s->n_words !=
        file_nbytes)
        return 0;
    s->text = h + PYLM__S_NBYTES;
    s->documents = s->text + (size_t)s->text_nbytes;
    s->names = s->documents + (size_t)documents_nbytes;
    s->blocks = s->names + (size_t)s->names_nbytes;
    s->places = s->blocks + (size_t)blocks_nbytes;
    return 1;
}

int pylm_sources_open(pylm_sources *sources, const void *file, uint64_t file_nbytes)
{
    struct pylm__sources s;
    const uint8_t *h = file;
    if (file_nbytes < 8u || memcmp(h, PYLM__SOURCES_MAGIC, 8) != 0)
        return PYLM_ERR_FOREIGN;
    if (file_nbytes < PYLM__S_NBYTES)
        return PYLM_ERR_TRUNCATED;
    if (pylm__load32(h + PYLM__S_VERSION) != PYLM__SOURCES_VERSION)
        return PYLM_ERR_VERSION;
    if (pylm__checksum(h + PYLM__S_CHECKSUM, PYLM__S_NBYTES - PYLM__S_CHECKSUM) !=
        pylm__load64(h + PYLM__S_HEAD_CHECKSUM))
        return PYLM_ERR_DAMAGED;
    if (file_nbytes < pylm__load64(h + PYLM__S_FILE_NBYTES))
        return PYLM_ERR_TRUNCATED;
    memset(&s, 0, sizeof s);
    s.head = h;
    if (!find_parts(&s, pylm__load64(h + PYLM__S_FILE_NBYTES)))
        return PYLM_ERR_DAMAGED;
    memset(sources, 0, sizeof *sources);
    memcpy(sources, &s, sizeof s);
    return PYLM_OK;
}

int pylm_sources_verify(const pylm_sources *sources)
{
    const uint8_t *h = pylm__sources_view(sources)->head;
    uint64_t sum = pylm__checksum(h + PYLM__S_NBYTES, pylm__load64(h + PYLM__S_FILE_NBYTES) - PYLM__S_NBYTES);
    return sum == pylm__load64(h + PYLM__S_CHECKSUM) ? PYLM_OK : PYLM_ERR_DAMAGED;
}

int pylm_sources_belong(const pylm_sources *sources, const pylm_model *model)
{
    return pylm__load64(pylm__sources_view(sources)->head + PYLM__S_MODEL) ==
           pylm__load64(pylm__model_view(model)->image + PYLM__H_IMAGE_CHECKSUM);
}

void pylm_sources_describe(const pylm_sources *sources, pylm_sources_info *info)
{
    const struct pylm__sources *s = pylm__sources_view(sources);
    memset(info, 0, sizeof *info);
    info->file_nbytes = pylm__load64(s->head + PYLM__S_FILE_NBYTES);
    info->n_documents = s->n_documents;
    info->n_words = s->n_words;
    info->text_nbytes = s->text_nbytes;
}

static uint64_t document_begin(const struct pylm__sources *s, uint64_t number)
{
    uint64_t begin = number ? pylm__document_end(s, number - 1u) + 1u : 0u;
    return begin < s->text_nbytes ? begin : s->text_nbytes;
}

static uint64_t name_end(const struct pylm__sources *s, uint64_t number)
{
    uint64_t end = pylm__load64(s->documents + (size_t)number * PYLM__S_DOCUMENT_NBYTES + 8);
    return end < s->names_nbytes ? end : s->names_nbytes;
}

int pylm_sources_document(const pylm_sources *sources, uint64_t number, pylm_document *document)
{
    const struct pylm__sources *s = pylm__sources_view(sources);
    uint64_t begin, end;
    if (number >= s->n_documents)
        return PYLM_ERR_ARGUMENT;
    begin = document_begin(s, number);
    end = pylm__document_end(s, number);
    document->text = s->text + (size_t)begin;
    document->text_nbytes = end > begin ? end - begin : 0u;
    begin = number ? name_end(s, number - 1u) : 0u;
    end = name_end(s, number);
    document->name = s->names + (size_t)begin;
    document->name_nbytes = end > begin ? end - begin : 0u;
    return PYLM_OK;
}

/* ---- places ---- */

/* Counts the '\n' in the text before a place in it. */
static uint64_t line_ends_before(const struct pylm__sources *s, uint64_t at)
{
    uint64_t block = at / PYLM__S_BLOCK, n = 0;
    const uint8_t *end = s->text + (size_t)at, *p = s->text + (size_t)(block * PYLM__S_BLOCK);
    while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        n++;
        p++;
    }
    return block < pylm__n_blocks(s->text_nbytes) ? n + pylm__load32(s->blocks + (size_t)block * 4u) : n;
}

/* Turns a place in the text, place->offset, into one in a document. */
static void find_document(const struct pylm__sources *s, pylm_place *place)
{
    uint64_t at = place->offset < s->text_nbytes ? place->offset : s->text_nbytes, begin, before, here;
    place->document = pylm__document_at(s, at);
    if (place->document == s->n_documents) /* in a damaged file only */
        place->document = s->n_documents ? s->n_documents - 1u : 0u;
    begin = document_begin(s, place->document);
    before = line_ends_before(s, begin);
    here = line_ends_before(s, at);
    place->offset = at > begin ? at - begin : 0u;
    place->line = here > before ? here - before + 1u : 1u;
}

/* Inserts a place of the text into the first n ones, which are sorted. */
static void insert(pylm_place *places, uint64_t n, uint64_t at)
{
    for (; n && places[n - 1u].offset > at; n--)
        places[n].offset = places[n - 1u].offset;
    places[n].offset = at;
}

int pylm_sources_places(const pylm_sources *sources, const pylm_passage *passage, pylm_place *places, uint64_t capacity,
                        uint64_t *n_ret)
{
    const struct pylm__sources *s = pylm__sources_view(sources);
    uint64_t i, n = 0;
    if (passage->rank > s->n_words || passage->n_places > s->n_words - passage->rank || !s->n_documents)
        return PYLM_ERR_ARGUMENT;
    for (i = 0; capacity && i < passage->n_places; i++) {
        uint64_t at = pylm__word_place(s, passage->rank + i);
        if (n < capacity)
            insert(places, n++, at);
        else if (at < places[n - 1u].offset)
            insert(places, n - 1u, at);
    }
    for (i = 0; i < n; i++)
        find_document(s, &places[i]);
    *n_ret = n;
    return PYLM_OK;
}
