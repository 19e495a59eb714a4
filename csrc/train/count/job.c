/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * job.c: see job.h.
 *
 *     head | where documents end | symbols | arrays of the tree        each from a multiple of 8 on
 */
#include "job.h"

#include <string.h>

#include "seal.h"

#define MAGIC "\x93pylmjob"
#define N_PARTS 6u

struct head {
    struct pylm__seal seal;
    uint32_t tokenizer, width, n_symbols, line_end, keeps_own, spells;
    uint32_t n_sets, n_classes, n_coarse;
    uint64_t n, n_documents;
    uint8_t factor[8];
    struct pylm__template templates[PYLM__MAX_TEMPLATES];
    uint32_t n_templates, n_suffix, has_voice;
};

struct part {
    const void *data;
    uint64_t nbytes;
};

/* The parts behind the head, which says how long they are. */
static void find_parts(const struct head *h, struct part *parts)
{
    uint64_t n_symbols = h->n_symbols, i;
    parts[0].nbytes = h->n_documents * 8u;
    parts[1].nbytes = h->n * h->width;
    for (i = 2; i < N_PARTS; i++)
        parts[i].nbytes = n_symbols * 4u;
}

static uint64_t padded(uint64_t nbytes)
{
    return (nbytes + 7u) & ~(uint64_t)7u;
}

static void fill_head(const struct pylm__counting *c, struct head *h)
{
    memset(h, 0, sizeof *h); /* padding is written, too */
    pylm__seal_begin(&h->seal, MAGIC, sizeof *h);
    h->tokenizer = c->corpus->tokenizer;
    h->width = c->corpus->width;
    h->n_symbols = c->tree->n_symbols;
    h->line_end = c->corpus->line_end;
    h->keeps_own = c->corpus->keeps_own;
    h->spells = (uint32_t)c->corpus->spells;
    h->n_sets = c->tree->n_sets;
    h->n_classes = c->tree->n_classes;
    h->n_coarse = c->tree->n_coarse;
    h->n = c->corpus->n;
    h->n_documents = c->corpus->n_documents;
    memcpy(h->factor, c->corpus->factor, sizeof h->factor);
    memcpy(h->templates, c->templates->of, sizeof h->templates);
    h->n_templates = c->templates->n;
    h->n_suffix = c->templates->n_suffix;
    h->has_voice = (uint32_t)c->templates->has_voice;
}

static int write_all(const struct pylm__counting *c, struct pylm__file *file, struct head *h)
{
    static const uint8_t zeros[8] = {0};
    struct part parts[N_PARTS] = {{c->corpus->document_ends, 0}, {c->corpus->symbols.data, 0}, {c->tree->mid, 0},
                                  {c->tree->leaf_of, 0},         {c->tree->class_of, 0},       {c->tree->coarse_of, 0}};
    uint32_t i;
    fill_head(c, h);
    find_parts(h, parts);
    PYLM__TRY(pylm__file_write(file, h, sizeof *h));
    PYLM__TRY(pylm__file_write(file, zeros, padded(sizeof *h) - sizeof *h));
    for (i = 0; i < N_PARTS; i++) {
        PYLM__TRY(pylm__file_write(file, parts[i].data, parts[i].nbytes));
        PYLM__TRY(pylm__file_write(file, zeros, padded(parts[i].nbytes) - parts[i].nbytes));
    }
    return pylm__seal_finish(h, file);
}

int pylm__job_write(const struct pylm__counting *counting, const char *path, uint64_t *id)
{
    struct pylm__file *file;
    struct head head;
    PYLM__TRY(pylm__file_open(&file, path));
    PYLM__TRY(pylm__file_close(file, write_all(counting, file, &head)));
    *id = head.seal.checksum;
    return PYLM_OK;
}

/* Whether all parts lie in the file; finds them. */
static int has_parts(const struct head *h, const uint8_t *data, uint64_t nbytes, struct part *parts)
{
    uint64_t at = padded(sizeof *h);
    uint32_t i;
    if ((h->width != 1u && h->width != 2u && h->width != 4u) || h->n > nbytes || h->n_documents > nbytes / 8u ||
        h->n_symbols < 1u || h->n_symbols > PYLM__MAX_SYMBOLS || h->n_templates > PYLM__MAX_TEMPLATES ||
        h->n_suffix > h->n_templates)
        return 0;
    find_parts(h, parts);
    for (i = 0; i < N_PARTS; i++) {
        if (at > nbytes || parts[i].nbytes > nbytes - at)
            return 0;
        parts[i].data = data + at;
        at += padded(parts[i].nbytes);
    }
    return at == nbytes;
}

/* The arrays are only read, though those that training makes itself can be written. */
static void *array_of(const struct part *part)
{
    union {
        const void *constant;
        void *array;
    } pointer;
    pointer.constant = part->data;
    return pointer.array;
}

static void fill_job(struct pylm__job *job, const struct head *h, const struct part *parts)
{
    struct pylm__corpus *corpus = &job->corpus;
    struct pylm__symbol_tree *tree = &job->tree;
    struct pylm__templates *templates = &job->templates;
    job->id = h->seal.checksum;
    corpus->tokenizer = h->tokenizer;
    corpus->width = h->width;
    corpus->n = h->n;
    corpus->n_documents = h->n_documents;
    corpus->n_symbols = tree->n_symbols = h->n_symbols;
    corpus->line_end = h->line_end;
    corpus->keeps_own = h->keeps_own;
    corpus->spells = (int)h->spells;
    memcpy(corpus->factor, h->factor, sizeof corpus->factor);
    corpus->document_ends = array_of(&parts[0]);
    corpus->symbols.data = array_of(&parts[1]);
    tree->mid = array_of(&parts[2]);
    tree->leaf_of = array_of(&parts[3]);
    tree->class_of = array_of(&parts[4]);
    tree->coarse_of = array_of(&parts[5]);
    tree->n_sets = h->n_sets;
    tree->n_classes = h->n_classes;
    tree->n_coarse = h->n_coarse;
    memcpy(templates->of, h->templates, sizeof templates->of);
    templates->n = h->n_templates;
    templates->n_suffix = h->n_suffix;
    templates->has_voice = (int)h->has_voice;
    templates->factor = corpus->factor;
}

int pylm__job_open(struct pylm__job *job, const char *path)
{
    struct part parts[N_PARTS];
    struct head head;
    memset(job, 0, sizeof *job);
    PYLM__TRY(pylm_file_map(path, &job->data, &job->nbytes));
    PYLM__TRY(pylm__seal_check(job->data, job->nbytes, MAGIC, sizeof head));
    memcpy(&head, job->data, sizeof head);
    if (!has_parts(&head, job->data, job->nbytes, parts))
        return PYLM_ERR_DAMAGED;
    fill_job(job, &head, parts);
    return PYLM_OK;
}

void pylm__job_close(struct pylm__job *job)
{
    pylm_file_unmap(job->data, job->nbytes);
    memset(job, 0, sizeof *job);
}
