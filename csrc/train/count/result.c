/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * result.c: see result.h. Most events have no evidence of a long context. So steps and means are there only for those
 * that do.
 *
 *     head | index | records | lists | index of each event | step, left, right of each event with evidence
 */
#include "result.h"

#include <stdlib.h>
#include <string.h>

#include "seal.h"

#define MAGIC "\x93pylmcnt"
#define BLOCK_NBYTES 65536u

struct head {
    struct pylm__seal seal;
    uint32_t number, has_steps;
    uint64_t job;
    uint64_t index_nbytes, records_nbytes, lists_nbytes, n_records;
    uint32_t bucket_bits, check_bits, count_bits, payload_bits, index_bits, form;
    uint64_t n_events, n_evidence;
};

/* What an event has, if it has evidence. */
struct said {
    uint32_t step, left, right;
};

/* ---- writing ---- */

static int write_buffer(struct pylm__file *file, const struct pylm__buffer *buffer)
{
    struct pylm__reader reader;
    int status = pylm__reader_begin(&reader, buffer, BLOCK_NBYTES);
    while (status == PYLM_OK) {
        uint64_t n = pylm__reader_need(&reader, 1);
        if (!n)
            break;
        status = pylm__file_write(file, reader.data, n);
        pylm__reader_skip(&reader, n);
    }
    return pylm__reader_end(&reader, status);
}

static int write_said(struct pylm__file *file, const struct pylm__heldout *heldout,
                      const struct pylm__evidence_out *evidence)
{
    enum { AT_ONCE = 1024 };
    struct said said[AT_ONCE];
    uint64_t e;
    uint32_t n = 0;
    for (e = 0; e < heldout->n_events; e++) {
        if (evidence->indices[e]) {
            said[n].step = evidence->steps ? evidence->steps[e] : 0u;
            said[n].left = heldout->means[e].left;
            said[n++].right = heldout->means[e].right;
        }
        if (n == AT_ONCE || (n && e + 1u == heldout->n_events)) {
            PYLM__TRY(pylm__file_write(file, said, n * sizeof *said));
            n = 0;
        }
    }
    return PYLM_OK;
}

static int write_all(struct pylm__file *file, struct head *h, const struct pylm__packed *packed,
                     const struct pylm__heldout *heldout, const struct pylm__evidence_out *evidence)
{
    PYLM__TRY(pylm__file_write(file, h, sizeof *h));
    PYLM__TRY(write_buffer(file, &packed->index));
    PYLM__TRY(write_buffer(file, &packed->records));
    PYLM__TRY(write_buffer(file, &packed->lists));
    PYLM__TRY(pylm__file_write(file, evidence->indices, heldout->n_events * sizeof *evidence->indices));
    PYLM__TRY(write_said(file, heldout, evidence));
    return pylm__seal_finish(h, file);
}

int pylm__result_write(const char *path, struct pylm__result_of of, const struct pylm__packed *packed,
                       const struct pylm__heldout *heldout, const struct pylm__evidence_out *evidence)
{
    struct pylm__file *file;
    struct head h;
    uint64_t e;
    memset(&h, 0, sizeof h);
    pylm__seal_begin(&h.seal, MAGIC, sizeof h);
    h.number = of.number;
    h.job = of.job;
    h.has_steps = evidence->steps != NULL;
    h.index_nbytes = packed->index.n;
    h.records_nbytes = packed->records.n;
    h.lists_nbytes = packed->lists.n;
    h.n_records = packed->n_records;
    h.bucket_bits = packed->bucket_bits;
    h.check_bits = packed->check_bits;
    h.count_bits = packed->count_bits;
    h.payload_bits = packed->payload_bits;
    h.index_bits = packed->index_bits;
    h.form = packed->form;
    h.n_events = heldout->n_events;
    for (e = 0; e < h.n_events; e++)
        h.n_evidence += evidence->indices[e] > 0;
    PYLM__TRY(pylm__file_open(&file, path));
    return pylm__file_close(file, write_all(file, &h, packed, heldout, evidence));
}

/* ---- reading ---- */

/* Whether the head says what can be, and the file is as long as it says. */
static int is_sound(const struct head *h, uint64_t nbytes, struct pylm__result_of of, uint64_t n_events, int has_steps)
{
    uint64_t limit = nbytes; /* no part is longer than the file, so no sum overflows */
    return h->number == of.number && h->job == of.job && h->n_events == n_events && h->n_evidence <= n_events &&
           h->has_steps == (uint32_t)(has_steps != 0) && h->index_nbytes <= limit && h->records_nbytes <= limit &&
           h->lists_nbytes <= limit && h->bucket_bits < 32u && h->index_bits <= 32u && h->check_bits <= 32u &&
           h->payload_bits <= 64u && h->count_bits <= 32u && h->form < PYLM__N_LIST_FORMS &&
           h->n_records <= UINT32_MAX &&
           nbytes == sizeof *h + h->index_nbytes + h->records_nbytes + h->lists_nbytes + 2u * n_events +
                         sizeof(struct said) * h->n_evidence;
}

static int take_evidence(const uint8_t *at, const struct head *h, struct pylm__heldout *heldout,
                         const struct pylm__evidence_out *evidence)
{
    uint64_t e, n = 0;
    const uint8_t *said_at = at + 2u * h->n_events;
    memcpy(evidence->indices, at, (size_t)h->n_events * sizeof *evidence->indices);
    for (e = 0; e < h->n_events; e++) {
        struct said said;
        if (evidence->indices[e] >= PYLM__N_CALIBRATION || (evidence->indices[e] && n == h->n_evidence))
            return PYLM_ERR_DAMAGED;
        if (!evidence->indices[e])
            continue;
        memcpy(&said, said_at + n++ * sizeof said, sizeof said);
        if (evidence->steps)
            evidence->steps[e] = said.step;
        heldout->means[e].left += said.left;
        heldout->means[e].right += said.right;
    }
    return n == h->n_evidence ? PYLM_OK : PYLM_ERR_DAMAGED;
}

static int take_table(const uint8_t *at, const struct head *h, struct pylm__packed *packed)
{
    struct pylm__buffer *buffers[3] = {&packed->index, &packed->records, &packed->lists};
    const uint64_t sizes[3] = {h->index_nbytes, h->records_nbytes, h->lists_nbytes};
    uint32_t i;
    packed->n_records = h->n_records;
    packed->bucket_bits = h->bucket_bits;
    packed->check_bits = h->check_bits;
    packed->count_bits = h->count_bits;
    packed->payload_bits = h->payload_bits;
    packed->index_bits = h->index_bits;
    packed->form = h->form;
    for (i = 0; i < 3u; at += sizes[i++]) {
        pylm__buffer_bytes(buffers[i], at, sizes[i]);
        pylm__buffer_drain(buffers[i]);
        if (buffers[i]->status != PYLM_OK)
            return buffers[i]->status;
    }
    return PYLM_OK;
}

static int read_mapped(const uint8_t *data, uint64_t nbytes, struct pylm__result_of of, struct pylm__packed *packed,
                       struct pylm__heldout *heldout, const struct pylm__evidence_out *evidence)
{
    const uint8_t *tables = data + sizeof(struct head);
    struct head h;
    PYLM__TRY(pylm__seal_check(data, nbytes, MAGIC, sizeof h));
    memcpy(&h, data, sizeof h);
    if (!is_sound(&h, nbytes, of, heldout->n_events, evidence->steps != NULL))
        return PYLM_ERR_DAMAGED;
    PYLM__TRY(take_table(tables, &h, packed));
    return take_evidence(tables + h.index_nbytes + h.records_nbytes + h.lists_nbytes, &h, heldout, evidence);
}

int pylm__result_read(const char *path, struct pylm__result_of of, struct pylm__packed *packed,
                      struct pylm__heldout *heldout, const struct pylm__evidence_out *evidence)
{
    const void *data;
    uint64_t nbytes;
    int status;
    PYLM__TRY(pylm_file_map(path, &data, &nbytes));
    status = read_mapped(data, nbytes, of, packed, heldout, evidence);
    pylm_file_unmap(data, nbytes);
    return status;
}
