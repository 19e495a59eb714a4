/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topic_vectors.c: see topic_vectors.h.
 *
 * A symbol's vector is the mean of the word vectors that come some way behind it, less the mean of all of them. A
 * symbol that came seldom has a short one. Frequent symbols say little about a topic: their vectors are made shorter
 * still.
 */
#include "topic_vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "part_sums.h"
#include "platform/platform.h"
#include "topic_numbers.h"
#include "topic_rows.h"

#define MIN_SYMBOLS 50000u                 /* of a text whose topics can be told apart */
#define SHRINK 300.0f                      /* occurrences that a vector of zeros is worth */
#define MIN_SECTION 8192u                  /* readings of a part, to be worth it */
#define MAX_SECTION 524288u                /* more take long to walk through */
#define PAIRS_NBYTES (UINT64_C(128) << 20) /* at most, with the pairs of word_vectors.c */
#define SYMBOL_NBYTES                                                                                                  \
    UINT64_C(2800)         /* by symbol, in bytes by word: sums, vectors by part, their products, the nodes' records */
#define POSITION_NBYTES 5u /* by planned reading */
#define WORD_NBYTES 200u   /* likewise of bytes: its words, its prefix, events on the path */
#define EVENT_NBYTES 132u  /* by listed event, with a row of its own */
#define USUAL_TURN (UINT64_C(10) << 20) /* events that are listed at once */
#define MIN_TURN (UINT64_C(1) << 20)

static const uint8_t fades[PYLM__N_FADES] = {4, 7};

struct finding {
    const struct pylm__corpus *corpus;
    struct pylm__word_vectors words;
    struct pylm__part_sums sums; /* of each symbol, of the word vectors that come behind it */
    float mean[PYLM__TOPIC_DIMS];
    double unit; /* of the numbers of all vectors */
    struct pylm__topic_vectors *out;
    struct pylm__readings *readings;
};

/* ---- sums ---- */

/* Adds up what comes in a part behind each symbol. */
static void add_part(const void *user, uint32_t part, struct pylm__sums *sums)
{
    const struct finding *f = user;
    const struct pylm__corpus *corpus = f->corpus;
    const struct pylm__section *sections = f->readings->sections;
    uint64_t p = sections[f->readings->first_section[part]].begin,
             end = sections[f->readings->first_section[part + 1u] - 1u].end, d = pylm__corpus_document(corpus, p);
    uint32_t i, j;
    for (; p < end; pylm__corpus_passed(corpus, p++)) {
        uint32_t symbol = pylm__symbol(corpus, p);
        const float *vector = f->words.vectors + (size_t)symbol * PYLM__TOPIC_DIMS;
        uint64_t begin;
        while (corpus->document_ends[d] <= p)
            d++;
        begin = pylm__corpus_document_begin(corpus, d);
        if (f->words.keep[symbol] <= 0)
            continue;
        for (i = 0; i < PYLM__TOPIC_DISTANCES && p - begin >= pylm__topic_distances[i]; i++) {
            uint32_t before = pylm__symbol(corpus, p - pylm__topic_distances[i]);
            float *sum = sums->vectors + (size_t)before * PYLM__TOPIC_DIMS;
            sums->n[before] += f->words.keep[symbol];
            for (j = 0; j < PYLM__TOPIC_DIMS; j++)
                sum[j] += vector[j];
        }
    }
}

/* ---- vectors ---- */

/* A symbol's vector from all sums less those of a part.
 *   part   NULL: nothing is taken off */
static void vector_of(const struct finding *f, uint32_t symbol, const struct pylm__sums *part, float *out)
{
    size_t at = (size_t)symbol * PYLM__TOPIC_DIMS;
    float n = f->sums.all.n[symbol] - (part ? part->n[symbol] : 0.0f), factor;
    uint32_t j;
    n = n > 0 ? n : 0;
    factor = f->words.gain[symbol] / (n + SHRINK);
    for (j = 0; j < PYLM__TOPIC_DIMS; j++) {
        float sum = f->sums.all.vectors[at + j] - (part ? part->vectors[at + j] : 0.0f), expected = n * f->mean[j];
        sum -= expected;
        out[j] = sum * factor;
    }
}

/* Writes a symbol's record. */
static void write_vector(const struct finding *f, const float *vector, uint8_t *record)
{
    double most = 0, scaled[PYLM__TOPIC_DIMS];
    unsigned shift = 0;
    uint32_t j;
    for (j = 0; j < PYLM__TOPIC_DIMS; j++) {
        scaled[j] = (double)vector[j] * f->unit;
        most = fabs(scaled[j]) > most ? fabs(scaled[j]) : most;
    }
    while (shift < PYLM__TOPIC_MAX_SHIFT && most > 127.0 * (double)(1 << shift))
        shift++;
    if (f->readings->is_short && shift &&
        pylm__short_error(scaled, PYLM__TOPIC_DIMS, 1.0 / (double)(1 << (shift - 1u))) <
            pylm__short_error(scaled, PYLM__TOPIC_DIMS, 1.0 / (double)(1 << shift)))
        shift--;
    record[0] = (uint8_t)shift;
    for (j = 0; j < PYLM__TOPIC_DIMS; j++)
        record[1u + j] = (uint8_t)pylm__topic_number(scaled[j] / (double)(1 << shift), f->readings->is_short);
}

static void write_vectors(const struct finding *f, const struct pylm__sums *part, uint8_t *symbols)
{
    float vector[PYLM__TOPIC_DIMS];
    uint32_t s;
    for (s = 0; s < f->corpus->n_symbols; s++) {
        vector_of(f, s, part, vector);
        write_vector(f, vector, symbols + (size_t)s * (PYLM__TOPIC_DIMS + 1u));
    }
}

/* The largest number of all vectors. */
static double find_largest(const struct finding *f)
{
    float vector[PYLM__TOPIC_DIMS];
    double most = 1e-30;
    uint32_t s, j;
    for (s = 0; s < f->corpus->n_symbols; s++) {
        vector_of(f, s, NULL, vector);
        for (j = 0; j < PYLM__TOPIC_DIMS; j++)
            most = fabs((double)vector[j]) > most ? fabs((double)vector[j]) : most;
    }
    return most;
}

/* Writes the vectors that know nothing of a part. */
static void write_part(const void *user, uint32_t part, struct pylm__part_work *work)
{
    const struct finding *f = user;
    write_vectors(f, &work->part, pylm__topic_part_symbols(f->readings, f->corpus->n_symbols, part));
}

/* ---- all of it ---- */

static void find_mean(struct finding *f)
{
    double sums[PYLM__TOPIC_DIMS] = {0}, n = 1e-30;
    uint32_t s, j;
    for (s = 0; s < f->corpus->n_symbols; s++) {
        n += (double)f->sums.all.n[s];
        for (j = 0; j < PYLM__TOPIC_DIMS; j++)
            sums[j] += (double)f->sums.all.vectors[(size_t)s * PYLM__TOPIC_DIMS + j];
    }
    for (j = 0; j < PYLM__TOPIC_DIMS; j++)
        f->mean[j] = (float)(sums[j] / n);
}

/* Whether the readings fit into so many bytes with all else that is needed meanwhile. If so, finds how many events can
 * be listed at once. */
static int fits(struct pylm__readings *readings, const struct pylm__corpus *corpus, uint64_t max_nbytes)
{
    int is_bytes = corpus->tokenizer == PYLM_TOKENIZER_BYTES;
    uint64_t n_vectors = is_bytes ? PYLM__MOST_WORDS : corpus->n_symbols;
    uint64_t nbytes =
        PAIRS_NBYTES + n_vectors * SYMBOL_NBYTES + readings->n_positions * (is_bytes ? WORD_NBYTES : POSITION_NBYTES);
    uint64_t least = is_bytes ? 0u : MIN_TURN * EVENT_NBYTES; /* all events of bytes are listed at once */
    readings->turn = is_bytes ? UINT64_MAX : USUAL_TURN;
    if (!max_nbytes)
        return 1;
    if (nbytes + least > max_nbytes)
        return 0;
    if (!is_bytes && (max_nbytes - nbytes) / EVENT_NBYTES < USUAL_TURN)
        readings->turn = (max_nbytes - nbytes) / EVENT_NBYTES;
    return 1;
}

int pylm__topic_plan(struct pylm__readings *readings, const struct pylm__corpus *corpus,
                     const struct pylm__heldout *heldout, uint64_t max_nbytes)
{
    uint64_t most = MAX_SECTION;
    if (corpus->n < MIN_SYMBOLS)
        return 0;
    for (; most >= MIN_SECTION; most /= 2u) {
        pylm__readings_lay_out(readings, corpus, heldout, most);
        if (fits(readings, corpus, max_nbytes))
            return 1;
    }
    return 0;
}

static int find_all(struct finding *f, pylm_task *task)
{
    const struct pylm__corpus *corpus = f->corpus;
    struct pylm__neighbourhood around;
    pylm__readings_neighbourhood(f->readings, corpus, NULL, &around);
    PYLM__TRY(pylm__word_vectors_find(&f->words, &around, f->sums.n_threads, task));
    pylm__os_give_back();
    PYLM__TRY(pylm__part_sums_new(&f->sums, corpus->n_symbols, PYLM__TOPIC_DIMS, 1, 0));
    f->out->part_nbytes = pylm__topics_nbytes(PYLM__TOPIC_DIMS, 0, corpus->n_symbols);
    f->out->part = pylm__array_new(f->out->part_nbytes, 1);
    if (!f->out->part)
        return PYLM_ERR_MEMORY;
    PYLM__TRY(pylm__part_sums_add(&f->sums, add_part, f, task));
    find_mean(f);
    f->out->part[PYLM__TOPIC_N] = PYLM__TOPIC_DIMS;
    memcpy(f->out->part + PYLM__TOPIC_FADES, fades, sizeof fades);
    f->unit = 127.0 * (double)(1 << PYLM__TOPIC_MAX_SHIFT) / find_largest(f);
    write_vectors(f, NULL, f->out->part + PYLM__TOPIC_NBYTES);
    pylm__topic_scales_find(f->out->part, corpus);
    f->readings->symbols = pylm__array_new((uint64_t)PYLM__TOPIC_PARTS * corpus->n_symbols, PYLM__TOPIC_DIMS + 1u);
    if (!f->readings->symbols)
        return PYLM_ERR_MEMORY;
    return pylm__part_sums_visit(&f->sums, add_part, write_part, f, task);
}

int pylm__topic_vectors_find(struct pylm__topic_vectors *out, struct pylm__readings *readings,
                             const struct pylm__corpus *corpus, uint32_t n_threads, pylm_task *task)
{
    struct finding f;
    int status;
    pylm__topic_vectors_free(out);
    pylm__os_give_back();
    memset(&f, 0, sizeof f);
    f.corpus = corpus;
    f.out = out;
    f.readings = readings;
    f.sums.n_threads = (uint32_t)pylm__n_threads(n_threads, PYLM__TOPIC_PARTS);
    status = find_all(&f, task);
    pylm__part_sums_free(&f.sums);
    pylm__word_vectors_free(&f.words);
    return status;
}

void pylm__topic_vectors_cut(struct pylm__topic_vectors *vectors, uint32_t n_symbols, uint32_t n, int is_short)
{
    uint8_t *record = vectors->part + PYLM__TOPIC_NBYTES, *out = record;
    uint32_t s, j, half = n / 2u;
    for (s = 0; s < n_symbols; s++, record += PYLM__TOPIC_DIMS + 1u) {
        *out++ = record[0];
        for (j = 0; j < (is_short ? half : n); j++)
            *out++ = is_short ? pylm__topic_pair(record[1u + j], record[1u + half + j]) : record[1u + j];
    }
    vectors->part[PYLM__TOPIC_N] = (uint8_t)n;
    vectors->part[PYLM__TOPIC_SHORT] = (uint8_t)is_short;
    vectors->part_nbytes = pylm__topics_nbytes(n, (uint32_t)is_short, n_symbols);
}

void pylm__topic_vectors_free(struct pylm__topic_vectors *vectors)
{
    free(vectors->part);
    memset(vectors, 0, sizeof *vectors);
}
