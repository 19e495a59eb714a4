/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * neighbours.c: see neighbours.h.
 */
#include "neighbours.h"

#include <stdlib.h>

#include "train/base/sort.h"

/* Lists the neighbours of every symbol, symbol by symbol, in the order of the text. starts[symbol] becomes where the
 * list of a symbol ends. */
static void list_all(const struct pylm__corpus *corpus, const struct pylm__sample *sample, int before,
                     struct pylm__neighbours *side)
{
    uint32_t stretch;
    for (stretch = 0; stretch < sample->n_stretches; stretch++) {
        uint64_t p = pylm__stretch_begin(sample, stretch), end = p + sample->length;
        uint64_t d = pylm__corpus_document(corpus, p);
        for (; p + 1u < end; pylm__corpus_passed(corpus, p++)) {
            uint32_t first = pylm__symbol(corpus, p), second = pylm__symbol(corpus, p + 1u);
            if (corpus->document_ends[d] > p + 1u)
                side->symbols[side->starts[before ? second : first]++] = before ? first : second;
            else
                while (corpus->document_ends[d] == p + 1u && d + 1u < corpus->n_documents)
                    d++;
        }
    }
}

/* Turns lists with an entry for each occurrence of a neighbour into lists with an entry for each neighbour, in order.
 * `seen` has a zero for every symbol; `list` and `scratch` have room for every symbol. */
static int merge_equal(struct pylm__neighbours *side, uint32_t n_symbols, const uint64_t *frequency, uint32_t *seen,
                       uint64_t *list, uint64_t *scratch, const pylm_task *task)
{
    uint64_t begin = 0, from, end, i, n, done = 0;
    uint32_t symbol;
    for (symbol = 0; symbol < n_symbols; begin += frequency[symbol++]) {
        end = side->starts[symbol];
        side->starts[symbol] = done;
        for (n = 0, from = begin; from < end; from++)
            if (!seen[side->symbols[from]]++)
                list[n++] = side->symbols[from];
        PYLM__TRY(pylm__sort(list, scratch, n, task));
        for (i = 0; i < n; i++) { /* what is overwritten has been read */
            side->symbols[done] = (uint32_t)list[i];
            side->counts[done++] = seen[list[i]];
            seen[list[i]] = 0;
        }
    }
    side->starts[n_symbols] = done;
    return PYLM_OK;
}

/* Gives back the room that the merged lists do not need. */
static void shrink(struct pylm__neighbours *side, uint64_t n)
{
    uint32_t *symbols = pylm__array_grow(side->symbols, n, sizeof *symbols);
    uint32_t *counts = pylm__array_grow(side->counts, n, sizeof *counts);
    side->symbols = symbols ? symbols : side->symbols;
    side->counts = counts ? counts : side->counts;
}

int pylm__neighbours_find(struct pylm__neighbours *side, const struct pylm__corpus *corpus,
                          const struct pylm__sample *sample, const uint64_t *frequency, int before,
                          const pylm_task *task)
{
    uint32_t n = corpus->n_seen, symbol;
    uint32_t *seen = pylm__array_new(n, sizeof *seen);
    uint64_t *list = pylm__array_new(n, sizeof *list), *scratch = pylm__array_new(n, sizeof *scratch), sum = 0;
    uint64_t n_pairs = sample->length * sample->n_stretches;
    int status = PYLM_ERR_MEMORY;
    side->starts = pylm__array_new((uint64_t)n + 1u, sizeof *side->starts);
    side->symbols = pylm__array_new(n_pairs, sizeof *side->symbols);
    side->counts = pylm__array_new(n_pairs, sizeof *side->counts);
    if (seen && list && scratch && side->starts && side->symbols && side->counts) {
        for (symbol = 0; symbol < n; sum += frequency[symbol++]) /* at the end of a document there is no neighbour: */
            side->starts[symbol] = sum;                          /* some room stays empty */
        list_all(corpus, sample, before, side);
        status = merge_equal(side, n, frequency, seen, list, scratch, task);
        if (status == PYLM_OK)
            shrink(side, side->starts[n]);
    }
    free(seen);
    free(list);
    free(scratch);
    return status;
}

void pylm__neighbours_free(struct pylm__neighbours *side)
{
    free(side->starts);
    free(side->symbols);
    free(side->counts);
}
