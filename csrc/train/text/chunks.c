/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * chunks.c: see chunks.h. Threads count parts of the text side by side, each with a table of its own. Then the tables
 * are added up in the order of the parts.
 */
#include "chunks.h"

#include <stdlib.h>
#include <string.h>

#include "scripts.h"
#include "train/threads.h"

#define MAX_CHUNK_NBYTES 48u
#define MAX_PARTS 16u                       /* one thread adds them up */
#define MIN_PART_NBYTES (UINT64_C(1) << 18) /* of less, it is not worth it */
#define SLICE 65536u                        /* chunks between two looks at the task */

struct counting {
    const struct pylm__corpus *corpus;
    const pylm_task *task;
    uint64_t ends[MAX_PARTS];
    struct pylm__chunks parts[MAX_PARTS];
};

/* Where the chunk that begins at `at` ends. */
static uint64_t chunk_end(const uint8_t *text, uint64_t n, uint64_t at)
{
    uint32_t nbytes;
    uint64_t i;
    enum pylm__script next = PYLM__SCRIPT_BLANK, script = pylm__script_of(text + at, n - at, &nbytes);
    i = at + nbytes;
    if (text[at] == ' ' && i < n && (next = pylm__script_of(text + i, n - i, &nbytes)) != PYLM__SCRIPT_BLANK) {
        script = next;
        i += nbytes;
    }
    for (; i < n; i += nbytes) {
        next = pylm__script_of(text + i, n - i, &nbytes);
        if (next != script || i + nbytes - at > MAX_CHUNK_NBYTES)
            break;
    }
    if (script == PYLM__SCRIPT_BLANK && i < n && i - at > 1u && text[i - 1u] == ' ' && next != PYLM__SCRIPT_BLANK)
        i--; /* that space belongs to the next chunk */
    return i;
}

static int add_chunk(struct pylm__chunks *chunks, const uint8_t *text, uint64_t n, uint64_t count)
{
    uint32_t number;
    PYLM__TRY(pylm__strings_number(&chunks->strings, text, n, &number));
    if (number >= chunks->capacity) {
        uint64_t old = chunks->capacity, capacity = 2u * old + 1024u;
        uint64_t *counts = pylm__array_grow(chunks->counts, capacity, sizeof *counts);
        if (!counts)
            return PYLM_ERR_MEMORY;
        memset(counts + old, 0, (size_t)(capacity - old) * sizeof *counts);
        chunks->counts = counts;
        chunks->capacity = capacity;
    }
    chunks->counts[number] += count;
    return PYLM_OK;
}

/* A job: counts the chunks of a part, which ends where a chunk does. */
static int count_part(void *user, uint32_t part, pylm_task *task)
{
    struct counting *c = user;
    const struct pylm__corpus *corpus = c->corpus;
    struct pylm__chunks *chunks = &c->parts[part];
    const uint8_t *text = corpus->symbols;
    uint64_t at = part ? c->ends[part - 1u] : 0u, d = pylm__corpus_document(corpus, at), end, n = 0;
    (void)task; /* it would count jobs as steps of progress */
    PYLM__TRY(pylm__strings_init(&chunks->strings));
    for (; at < c->ends[part]; at = end) {
        uint64_t last;
        while (corpus->document_ends[d] <= at)
            d++;
        last = corpus->document_ends[d] - (corpus->ends != PYLM__ENDS_NOTHING);
        end = at < last ? chunk_end(text, last, at) : at + 1u; /* what ends a document is a chunk of its own */
        PYLM__TRY(add_chunk(chunks, text + at, end - at, 1));
        if (++n % SLICE == 0 && pylm__task_cancelled(c->task))
            return PYLM_ERR_CANCELLED;
    }
    return PYLM_OK;
}

/* A place at `at` or behind it where a chunk begins for sure: where a document does, or behind something else than
 * white space that is of another script. */
static uint64_t find_place(const struct pylm__corpus *corpus, uint64_t at)
{
    const uint8_t *text = corpus->symbols;
    uint64_t d = pylm__corpus_document(corpus, at), end = corpus->document_ends[d];
    enum pylm__script last = PYLM__SCRIPT_BLANK, script;
    uint32_t nbytes;
    if (pylm__corpus_document_begin(corpus, d) == at)
        return at;
    while (at < end && pylm__continues(text[at]))
        at++; /* to a byte that begins a character for sure */
    for (; at < end; at += nbytes, last = script) {
        script = pylm__script_of(text + at, end - at, &nbytes);
        if (last != PYLM__SCRIPT_BLANK && last != script)
            break;
    }
    return at;
}

static uint32_t find_parts(struct counting *c, uint32_t n_threads)
{
    uint64_t n = c->corpus->n, most = n / MIN_PART_NBYTES + 1u;
    uint32_t n_parts = pylm__startable(n_threads, most < MAX_PARTS ? most : MAX_PARTS), part;
    for (part = 0; part + 1u < n_parts; part++)
        c->ends[part] = find_place(c->corpus, n * (part + 1u) / n_parts);
    c->ends[part] = n;
    return n_parts;
}

/* Adds the chunks of a part to those of the parts before. */
static int add_part(struct pylm__chunks *chunks, const struct pylm__chunks *part)
{
    uint64_t nbytes;
    uint32_t i;
    for (i = 0; i < part->strings.n; i++) {
        const uint8_t *text = pylm__string_text(&part->strings, i, &nbytes);
        PYLM__TRY(add_chunk(chunks, text, nbytes, part->counts[i]));
    }
    return PYLM_OK;
}

int pylm__chunks_count(struct pylm__chunks *chunks, const struct pylm__corpus *corpus, uint32_t n_threads,
                       const pylm_task *task)
{
    struct counting c;
    uint32_t part, n_parts;
    int status;
    memset(&c, 0, sizeof c);
    c.corpus = corpus;
    c.task = task;
    n_parts = find_parts(&c, n_threads);
    status = pylm__run_jobs(count_part, &c, n_parts, n_threads, NULL);
    *chunks = c.parts[0];
    for (part = 1; part < n_parts; part++) {
        if (status == PYLM_OK)
            status = pylm__task_cancelled(task) ? PYLM_ERR_CANCELLED : add_part(chunks, &c.parts[part]);
        pylm__chunks_free(&c.parts[part]);
    }
    return status;
}

void pylm__chunks_free(struct pylm__chunks *chunks)
{
    pylm__strings_free(&chunks->strings);
    free(chunks->counts);
    memset(chunks, 0, sizeof *chunks);
}
