/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * topic_rows.c: see topic_rows.h.
 */
#include "topic_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP 1024u   /* symbols that are read before a section begins */
#define USUAL_BYTE 25.4 /* root of the mean square of a reading's numbers */
#define SAMPLE_EVERY 7u /* positions, to find that */

struct reader {
    const struct pylm__corpus *corpus;
    struct pylm__topics topics;
    uint64_t document;
    int32_t sums[PYLM__MAX_READING];
};

static void begin_document(struct reader *r)
{
    memset(r->sums, 0, sizeof r->sums);
    if (r->corpus->line_end != PYLM_NONE)
        pylm__topic_read(&r->topics, r->sums, r->corpus->line_end);
}

static void begin_reading(struct reader *r, const struct pylm__corpus *corpus, struct pylm__topics topics, uint64_t p)
{
    r->corpus = corpus;
    r->topics = topics;
    r->document = pylm__corpus_document(corpus, p);
    begin_document(r);
}

/* Reads the symbol at a position. */
static void read_position(struct reader *r, uint64_t p)
{
    if (p + 1u == r->corpus->document_ends[r->document]) {
        r->document++;
        begin_document(r);
    } else {
        pylm__topic_read(&r->topics, r->sums, pylm__symbol(r->corpus, p));
    }
}

void pylm__topic_scales_find(uint8_t *part, const struct pylm__corpus *corpus)
{
    struct reader reader;
    double squares[PYLM__N_FADES] = {0, 0};
    uint8_t *scales = part + PYLM__TOPIC_SCALES;
    uint64_t p, n = 1;
    uint32_t i, j;
    begin_reading(&reader, corpus, pylm__topics_view(part), 0);
    for (p = 0; p < corpus->n && p < PYLM__MAX_BLOCK; p++) {
        read_position(&reader, p);
        if (p % SAMPLE_EVERY)
            continue;
        for (n++, i = 0; i < PYLM__N_FADES; i++)
            for (j = 0; j < PYLM__TOPIC_DIMS; j++)
                squares[i] += (double)reader.sums[i * PYLM__TOPIC_DIMS + j] * reader.sums[i * PYLM__TOPIC_DIMS + j];
    }
    for (i = 0; i < PYLM__N_FADES; i++) {
        double usual = sqrt(squares[i] / (double)(n * PYLM__TOPIC_DIMS)), byte = USUAL_BYTE * 0.70710678;
        for (scales[i] = 0; scales[i] < PYLM__TOPIC_MAX_SCALE && usual > 2.0 * byte; byte *= 2.0)
            scales[i]++;
    }
}

struct writing {
    struct pylm__readings *readings;
    const struct pylm__corpus *corpus;
    const uint8_t *part; /* of the image */
    const pylm_task *task;
};

/* A job: writes the rows of a section, by vectors that know nothing of its part. */
static int write_rows(void *user, uint32_t number, pylm_task *task)
{
    const struct writing *w = user;
    struct pylm__topics topics = pylm__topics_view(w->part);
    struct pylm__readings *readings = w->readings;
    const struct pylm__section *section = &readings->sections[number];
    struct pylm__reading reading;
    struct reader reader;
    uint64_t p = section->begin > WARM_UP ? section->begin - WARM_UP : 0u;
    int8_t *row = readings->rows + section->first_row * readings->n;
    uint32_t j;
    (void)task; /* it would count jobs as steps of progress */
    if (pylm__task_cancelled(w->task))
        return PYLM_ERR_CANCELLED;
    topics.symbols = pylm__topic_part_symbols(readings, w->corpus->n_symbols, section->part);
    begin_reading(&reader, w->corpus, topics, p);
    for (; p < section->last; pylm__corpus_passed(w->corpus, p++)) {
        if (p >= section->begin && pylm__reading_is_wanted(readings, section->first + (p - section->begin))) {
            pylm__topic_reading(&reader.topics, reader.sums, &reading);
            for (j = 0; j < readings->n; j++)
                row[j] = j % PYLM__TOPIC_DIMS < readings->n_used ? (int8_t)reading.of[j] : 0;
            row += readings->n;
        }
        read_position(&reader, p);
    }
    return PYLM_OK;
}

int pylm__topic_rows_write(struct pylm__readings *readings, const uint8_t *part, const struct pylm__corpus *corpus,
                           uint32_t n_threads, const pylm_task *task)
{
    struct writing writing = {readings, corpus, part, task};
    free(readings->rows);
    readings->rows = pylm__array_new(readings->n_rows * readings->n, 1);
    if (!readings->rows)
        return PYLM_ERR_MEMORY;
    return pylm__run_jobs(write_rows, &writing, readings->n_sections, n_threads, NULL);
}
