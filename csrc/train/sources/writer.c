/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * writer.c: writing a sources file. Texts go to the file as they come. Then the file is mapped, its words are numbered
 * in the order of their bytes, and the suffixes of the numbers are sorted. The head is written last.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/image.h"
#include "platform/platform.h"
#include "sources.h"
#include "suffix_array.h"
#include "train/base/buffer.h"
#include "train/base/file.h"
#include "word_ranks.h"
#include "words.h"

#define SLICE 1048576u /* bytes written between two looks at the task */
#define LOOK 16384u    /* words between two looks */
#define N_STEPS 4u     /* of progress: numbered, ranked, sorted, written */

struct pylm_sources_writer {
    struct pylm__file *file;
    struct pylm__buffer documents, names, blocks; /* as they will be in the file */
    uint64_t text_nbytes, n_documents, n_words;
    int sorted;
};

int pylm_sources_writer_new(pylm_sources_writer **writer, const char *path)
{
    static const uint8_t head[PYLM__S_NBYTES]; /* not a sources file until the end */
    pylm_sources_writer *new;
    struct pylm__file *file;
    int status;
    *writer = NULL;
    if (pylm__os_is_device(path)) {
        errno = EINVAL;
        return PYLM_ERR_FILE;
    }
    new = pylm__array_new(1, sizeof *new);
    if (!new)
        return PYLM_ERR_MEMORY;
    status = pylm__file_open(&file, path);
    if (status == PYLM_OK) {
        new->file = file;
        status = pylm__file_write(file, head, sizeof head);
    }
    if (status == PYLM_OK)
        *writer = new;
    else
        pylm_sources_writer_free(new);
    return status;
}

void pylm_sources_writer_free(pylm_sources_writer *writer)
{
    int error = errno;
    if (!writer)
        return;
    if (writer->file)
        (void)pylm__file_close(writer->file, PYLM_ERR_CANCELLED);
    pylm__buffer_free(&writer->documents);
    pylm__buffer_free(&writer->names);
    pylm__buffer_free(&writer->blocks);
    free(writer);
    errno = error;
}

static void put64(struct pylm__buffer *buffer, uint64_t value)
{
    uint8_t bytes[8];
    pylm__store64(bytes, value);
    pylm__buffer_bytes(buffer, bytes, sizeof bytes);
}

static int write_text(pylm_sources_writer *writer, const uint8_t *text, uint64_t nbytes, const pylm_task *task)
{
    uint64_t i, n;
    for (i = 0; i < nbytes; i += n) {
        n = nbytes - i < SLICE ? nbytes - i : SLICE;
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
        PYLM__TRY(pylm__file_write(writer->file, text + i, n));
    }
    return pylm__file_write(writer->file, "", 1);
}

int pylm_sources_writer_add(pylm_sources_writer *writer, const void *name, uint64_t name_nbytes, const void *text,
                            uint64_t text_nbytes, pylm_task *task)
{
    if (writer->sorted || !writer->file)
        return PYLM_ERR_ARGUMENT;
    if (text_nbytes >= UINT32_MAX - writer->text_nbytes)
        return PYLM_ERR_LARGE;
    PYLM__TRY(write_text(writer, text, text_nbytes, task));
    writer->text_nbytes += text_nbytes + 1u;
    writer->n_documents++;
    if (name_nbytes)
        pylm__buffer_bytes(&writer->names, name, name_nbytes);
    put64(&writer->documents, writer->text_nbytes - 1u);
    put64(&writer->documents, writer->names.n);
    return writer->documents.status != PYLM_OK ? writer->documents.status : writer->names.status;
}

/* ---- sorting ---- */

struct sort {
    pylm_sources_writer *writer;
    const uint8_t *text;
    uint32_t *symbols;  /* n = n_words + n_documents: the rank of each word from 1 on, and 0 behind each document;
                         * in the end, where each begins */
    uint32_t *suffixes; /* sorted: numbers of symbols */
    uint32_t n;
    const pylm_task *task;
};

/* Called for each word and, with nbytes = 0, for each end of a document. */
typedef int (*visit)(struct sort *sort, void *user, uint32_t i, uint64_t begin, uint64_t nbytes);

static int visit_words(struct sort *sort, visit call, void *user)
{
    uint64_t d, at = 0, begin, end;
    uint32_t i = 0;
    for (d = 0; d < sort->writer->n_documents; d++) {
        end = pylm__load64(sort->writer->documents.data + (size_t)d * PYLM__S_DOCUMENT_NBYTES);
        for (; pylm__next_word(sort->text, end, &at, &begin); i++) {
            if (i % LOOK == 0 && pylm__task_cancelled(sort->task))
                return PYLM_ERR_CANCELLED;
            PYLM__TRY(call(sort, user, i, begin, at - begin));
        }
        PYLM__TRY(call(sort, user, i++, end, 0));
        at = end + 1u;
    }
    sort->n = i;
    return PYLM_OK;
}

static int count_word(struct sort *sort, void *user, uint32_t i, uint64_t begin, uint64_t nbytes)
{
    (void)user, (void)i, (void)begin;
    sort->writer->n_words += nbytes > 0;
    return PYLM_OK;
}

static int number_word(struct sort *sort, void *user, uint32_t i, uint64_t begin, uint64_t nbytes)
{
    sort->symbols[i] = 0;
    if (!nbytes)
        return PYLM_OK;
    PYLM__TRY(pylm__word_ranks_add(user, sort->text + begin, (uint32_t)nbytes, &sort->symbols[i]));
    sort->symbols[i]++;
    return PYLM_OK;
}

static int note_begin(struct sort *sort, void *user, uint32_t i, uint64_t begin, uint64_t nbytes)
{
    (void)user, (void)nbytes;
    sort->symbols[i] = (uint32_t)begin;
    return PYLM_OK;
}

/* Numbers all words from 1 on, in the order of their bytes; equal ones get the same number. *n_symbols counts 0,
 * too. */
static int number_words(struct sort *sort, uint32_t *n_symbols, pylm_task *task)
{
    struct pylm__word_ranks vocabulary;
    uint32_t *ranks = NULL, i;
    int status;
    memset(&vocabulary, 0, sizeof vocabulary);
    status = visit_words(sort, number_word, &vocabulary);
    pylm__task_step(task);
    if (status == PYLM_OK)
        status = pylm__word_ranks_finish(&vocabulary, &ranks, task);
    for (i = 0; status == PYLM_OK && i < sort->n; i++)
        if (sort->symbols[i])
            sort->symbols[i] = ranks[sort->symbols[i] - 1u] + 1u;
    *n_symbols = (uint32_t)vocabulary.n + 1u;
    pylm__task_step(task);
    pylm__word_ranks_free(&vocabulary);
    free(ranks);
    return status;
}

/* Counts the '\n' before each block. */
static int count_lines(struct sort *sort)
{
    pylm_sources_writer *writer = sort->writer;
    uint64_t i;
    uint32_t n = 0;
    for (i = 0; i < writer->text_nbytes; i++) {
        if (i % PYLM__S_BLOCK == 0) {
            uint8_t bytes[4];
            pylm__store32(bytes, n);
            pylm__buffer_bytes(&writer->blocks, bytes, sizeof bytes);
            if (pylm__task_cancelled(sort->task))
                return PYLM_ERR_CANCELLED;
        }
        n += sort->text[i] == '\n';
    }
    return writer->blocks.status;
}

static int sort_words(struct sort *sort, pylm_task *task)
{
    pylm_sources_writer *writer = sort->writer;
    uint32_t n_symbols;
    PYLM__TRY(count_lines(sort));
    PYLM__TRY(visit_words(sort, count_word, NULL));
    sort->symbols = pylm__array_new(sort->n, sizeof *sort->symbols);
    if (!sort->symbols)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(number_words(sort, &n_symbols, task));
    sort->suffixes = pylm__array_new(sort->n, sizeof *sort->suffixes);
    if (!sort->suffixes)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(pylm__suffix_array(sort->symbols, sort->n, n_symbols, sort->suffixes, task));
    pylm__task_step(task);
    writer->sorted = 1;
    return visit_words(sort, note_begin, NULL);
}

/* Writes the parts behind the text. The smallest suffixes are the ends of documents; they are left out. */
static int write_parts(const struct sort *sort)
{
    pylm_sources_writer *writer = sort->writer;
    uint8_t bytes[4096];
    uint32_t i, n = 0;
    PYLM__TRY(pylm__file_write(writer->file, writer->documents.data, writer->documents.n));
    PYLM__TRY(pylm__file_write(writer->file, writer->names.data, writer->names.n));
    PYLM__TRY(pylm__file_write(writer->file, writer->blocks.data, writer->blocks.n));
    for (i = (uint32_t)writer->n_documents; i < sort->n; i++) {
        pylm__store32(bytes + n, sort->symbols[sort->suffixes[i]]);
        n += 4u;
        if (n == sizeof bytes || i + 1u == sort->n) {
            PYLM__TRY(pylm__file_write(writer->file, bytes, n));
            n = 0;
        }
        if (i % LOOK == 0 && pylm__task_cancelled(sort->task))
            return PYLM_ERR_CANCELLED;
    }
    return PYLM_OK;
}

int pylm_sources_writer_sort(pylm_sources_writer *writer, pylm_task *task)
{
    struct sort sort = {writer, NULL, NULL, NULL, 0, task};
    const void *file;
    uint64_t nbytes;
    int status;
    if (writer->sorted || !writer->file)
        return PYLM_ERR_ARGUMENT;
    pylm__task_begin(task, PYLM_STAGE_SOURCES, N_STEPS);
    PYLM__TRY(pylm__file_map(writer->file, &file, &nbytes));
    sort.text = (const uint8_t *)file + PYLM__S_NBYTES;
    status = sort_words(&sort, task);
    pylm_file_unmap(file, nbytes);
    if (status == PYLM_OK)
        status = write_parts(&sort);
    pylm__task_step(task);
    free(sort.symbols);
    free(sort.suffixes);
    return status;
}

/* ---- the head ---- */

static void make_head(const pylm_sources_writer *writer, const pylm_model *model, const uint8_t *file,
                      uint64_t file_nbytes, uint8_t *head)
{
    memset(head, 0, PYLM__S_NBYTES);
    memcpy(head, PYLM__SOURCES_MAGIC, 8);
    pylm__store32(head + PYLM__S_VERSION, PYLM__SOURCES_VERSION);
    pylm__store64(head + PYLM__S_CHECKSUM, pylm__checksum(file + PYLM__S_NBYTES, file_nbytes - PYLM__S_NBYTES));
    pylm__store64(head + PYLM__S_MODEL, pylm__load64(pylm__model_view(model)->image + PYLM__H_IMAGE_CHECKSUM));
    pylm__store64(head + PYLM__S_FILE_NBYTES, file_nbytes);
    pylm__store64(head + PYLM__S_TEXT_NBYTES, writer->text_nbytes);
    pylm__store64(head + PYLM__S_N_DOCUMENTS, writer->n_documents);
    pylm__store64(head + PYLM__S_NAMES_NBYTES, writer->names.n);
    pylm__store64(head + PYLM__S_N_WORDS, writer->n_words);
    pylm__store64(head + PYLM__S_HEAD_CHECKSUM,
                  pylm__checksum(head + PYLM__S_CHECKSUM, PYLM__S_NBYTES - PYLM__S_CHECKSUM));
}

int pylm_sources_writer_save(pylm_sources_writer *writer, const pylm_model *model, uint64_t *nbytes_ret)
{
    uint8_t head[PYLM__S_NBYTES];
    const void *file;
    uint64_t nbytes;
    int status;
    if (!writer->sorted || !writer->file)
        return PYLM_ERR_ARGUMENT;
    PYLM__TRY(pylm__file_map(writer->file, &file, &nbytes));
    make_head(writer, model, file, nbytes, head);
    pylm_file_unmap(file, nbytes);
    status = pylm__file_close(writer->file, pylm__file_write_head(writer->file, head, sizeof head));
    writer->file = NULL;
    if (status == PYLM_OK && nbytes_ret)
        *nbytes_ret = nbytes;
    return status;
}
