/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * word_places.c: see word_places.h.
 *
 * A word's vector for a place is the mean of the word vectors that come that far behind it, less the mean of all of
 * them: what a word in that place says of the next. A word that came seldom has a short one.
 */
#include "word_places.h"

#include <math.h>
#include <string.h>

#include "part_sums.h"

#define SHRINK 10.0f    /* occurrences that a vector of zeros is worth */
#define USUAL_BYTE 25.4 /* root of the mean square of a reading's numbers */
#define N PYLM__MAX_READING
#define N_PLACES PYLM__MAX_PLACES

static const uint8_t dims[N_PLACES] = {48, 32, 24, 16, 8}; /* by place */

struct finding {
    const struct pylm__byte_words *words;
    struct pylm__word_vectors vectors;
    struct pylm__part_sums sums; /* of each word, by place, of the word vectors that come that far behind it */
    float mean[N];
    float unit[N_PLACES]; /* of the numbers of a place's vectors */
    struct pylm__readings *readings;
};

/* ---- sums ---- */

/* Adds a word's vector to the sums of those before it. */
static void add_word(const struct finding *f, uint64_t p, uint64_t begin, struct pylm__sums *sums)
{
    const struct pylm__corpus *corpus = &f->words->corpus;
    const float *vector = f->vectors.vectors + (size_t)pylm__symbol(corpus, p) * PYLM__TOPIC_DIMS;
    uint32_t place, first = 0, j;
    for (place = 0; place < N_PLACES && dims[place] && p - begin > place; first += dims[place++]) {
        uint32_t before = pylm__symbol(corpus, p - 1u - place);
        float *sum = sums->vectors + (size_t)before * N + first;
        if (before == corpus->unknown)
            continue;
        sums->n[(size_t)before * N_PLACES + place] += 1.0f;
        for (j = 0; j < dims[place]; j++)
            sum[j] += vector[j];
    }
}

/* Adds up what comes in a part behind each word. */
static void add_part(const void *user, uint32_t part, struct pylm__sums *sums)
{
    const struct finding *f = user;
    const struct pylm__corpus *corpus = &f->words->corpus;
    uint64_t p = f->words->bounds[f->readings->first_section[part]],
             end = f->words->bounds[f->readings->first_section[part + 1u]], d = pylm__corpus_document(corpus, p);
    for (; p < end; p++) {
        while (corpus->document_ends[d] <= p)
            d++;
        if (pylm__symbol(corpus, p) != corpus->unknown)
            add_word(f, p, pylm__corpus_document_begin(corpus, d), sums);
    }
}

/* ---- vectors ---- */

/* A word's vectors from all sums less those of a part.
 *   part   NULL: nothing is taken off */
static void vectors_of(const struct finding *f, uint32_t word, const struct pylm__sums *part, float *out)
{
    size_t at = (size_t)word * N, at_n = (size_t)word * N_PLACES;
    uint32_t place, j = 0, end;
    for (place = 0; place < N_PLACES; place++) {
        float n = f->sums.all.n[at_n + place] - (part ? part->n[at_n + place] : 0.0f), factor = 1.0f / (n + SHRINK);
        for (end = j + dims[place]; j < end; j++) {
            float sum = f->sums.all.vectors[at + j] - (part ? part->vectors[at + j] : 0.0f), expected = n * f->mean[j];
            sum -= expected;
            out[j] = sum * factor;
        }
    }
}

static void write_vectors(const struct finding *f, const struct pylm__sums *part, uint32_t n, uint8_t *out)
{
    float vector[N];
    uint32_t word, place, j, end;
    for (word = 0; word < n; word++, out += N) {
        vectors_of(f, word, part, vector);
        for (place = 0, j = 0; place < N_PLACES; place++)
            for (end = j + dims[place]; j < end; j++) {
                double x = floor((double)(vector[j] * f->unit[place]) + 0.5);
                out[j] = (uint8_t)(int8_t)(x > 127.0 ? 127.0 : x < -127.0 ? -127.0 : x);
            }
    }
}

static void find_mean(struct finding *f)
{
    double sums[N] = {0}, n[N_PLACES] = {0};
    uint32_t word, place, j, end;
    for (word = 0; word < f->words->corpus.n_symbols; word++) {
        for (place = 0; place < N_PLACES; place++)
            n[place] += (double)f->sums.all.n[(size_t)word * N_PLACES + place];
        for (j = 0; j < N; j++)
            sums[j] += (double)f->sums.all.vectors[(size_t)word * N + j];
    }
    for (place = 0, j = 0; place < N_PLACES; place++)
        for (end = j + dims[place]; j < end; j++)
            f->mean[j] = n[place] > 0 ? (float)(sums[j] / n[place]) : 0.0f;
}

/* Finds by what the vectors of each place become bytes: their usual size along the text. */
static void find_units(struct finding *f)
{
    double squares[N_PLACES] = {0}, n[N_PLACES] = {0};
    float vector[N];
    uint32_t word, place, j, end;
    for (word = 0; word < f->words->corpus.n_symbols; word++) {
        vectors_of(f, word, NULL, vector);
        for (place = 0, j = 0; place < N_PLACES; place++) {
            double square = 0, times = (double)f->sums.all.n[(size_t)word * N_PLACES + place];
            for (end = j + dims[place]; j < end; j++)
                square += (double)vector[j] * (double)vector[j];
            squares[place] += times * square;
            n[place] += times * dims[place];
        }
    }
    for (place = 0; place < N_PLACES; place++)
        f->unit[place] = squares[place] > 0 ? (float)(USUAL_BYTE / sqrt(squares[place] / n[place])) : 0.0f;
}

/* ---- along the text ---- */

/* Writes the rows of a section. */
static void read_section(const struct finding *f, uint32_t section, const uint8_t *records)
{
    const struct pylm__corpus *corpus = &f->words->corpus;
    const struct pylm__readings *readings = f->readings;
    uint64_t row = readings->sections[section].first_row;
    uint64_t end = section + 1u < readings->n_sections ? readings->sections[section + 1u].first_row : readings->n_rows;
    uint64_t p = f->words->bounds[section], d = pylm__corpus_document(corpus, p);
    for (; row < end; row++, p++) {
        uint32_t place, first = 0;
        uint64_t begin;
        while (d < corpus->n_documents && corpus->document_ends[d] <= p)
            d++;
        begin = pylm__corpus_document_begin(corpus, d);
        for (place = 0; place < N_PLACES && dims[place] && p - begin > place; first += dims[place++])
            memcpy(readings->rows + row * N + first, records + (size_t)pylm__symbol(corpus, p - 1u - place) * N + first,
                   dims[place]);
    }
}

/* Writes the rows of a part, by vectors that know nothing of it. */
static void read_part(const void *user, uint32_t part, struct pylm__part_work *work)
{
    const struct finding *f = user;
    uint32_t i;
    write_vectors(f, &work->part, f->words->corpus.n_symbols, work->records);
    for (i = f->readings->first_section[part]; i < f->readings->first_section[part + 1u]; i++)
        read_section(f, i, work->records);
}

/* ---- all of it ---- */

static int write_part(const struct finding *f, struct pylm__topic_vectors *out)
{
    uint32_t n = f->words->corpus.unknown;
    out->part_nbytes = PYLM__WORDS_NBYTES + f->words->table_nbytes + (uint64_t)n * N;
    out->part = pylm__array_new(out->part_nbytes, 1);
    if (!out->part)
        return PYLM_ERR_MEMORY;
    out->part[PYLM__WORDS_N] = N;
    memcpy(out->part + PYLM__WORDS_DIMS, dims, sizeof dims);
    memcpy(out->part + PYLM__WORDS_NBYTES, f->words->table, (size_t)f->words->table_nbytes);
    write_vectors(f, NULL, n, out->part + PYLM__WORDS_NBYTES + f->words->table_nbytes);
    return PYLM_OK;
}

static int find_all(struct finding *f, struct pylm__topic_vectors *out, pylm_task *task)
{
    struct pylm__neighbourhood around;
    pylm__readings_neighbourhood(f->readings, &f->words->corpus, f->words->bounds, &around);
    around.distance = 1;
    PYLM__TRY(pylm__word_vectors_find(&f->vectors, &around, f->sums.n_threads, task));
    PYLM__TRY(pylm__part_sums_new(&f->sums, f->words->corpus.n_symbols, N, N_PLACES, N));
    PYLM__TRY(pylm__part_sums_add(&f->sums, add_part, f, task));
    find_mean(f);
    find_units(f);
    PYLM__TRY(write_part(f, out));
    f->readings->rows = pylm__array_new(f->readings->n_rows * N, 1);
    if (!f->readings->rows)
        return PYLM_ERR_MEMORY;
    return pylm__part_sums_visit(&f->sums, add_part, read_part, f, task);
}

int pylm__word_places_find(struct pylm__topic_vectors *out, struct pylm__readings *readings,
                           const struct pylm__byte_words *words, uint32_t n_threads, pylm_task *task)
{
    struct finding f;
    int status;
    pylm__topic_vectors_free(out);
    memset(&f, 0, sizeof f);
    f.words = words;
    f.readings = readings;
    f.sums.n_threads = (uint32_t)pylm__n_threads(n_threads, PYLM__TOPIC_PARTS);
    status = find_all(&f, out, task);
    pylm__part_sums_free(&f.sums);
    pylm__word_vectors_free(&f.vectors);
    return status;
}
