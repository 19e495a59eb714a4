/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * encoder.c: see encoder.h.
 */
#include <stdlib.h>

#include "core/image.h"
#include "modules/text/vocabulary.h"
#include "pylm_text.h"
#include "trie.h"

struct pylm_encoder {
    const pylm_model *model;
    struct pylm__trie trie; /* of pieces; else it has no nodes */
};

static const uint8_t *text_of(const void *model, uint32_t piece, uint64_t *nbytes)
{
    uint32_t n;
    const uint8_t *text = pylm__symbol_text(model, piece, &n);
    *nbytes = n;
    return text;
}

int pylm_encoder_new(pylm_encoder **encoder, const pylm_model *model)
{
    const struct pylm__model *m = pylm__model_view(model);
    struct pylm_encoder *made;
    int status = PYLM_OK;
    *encoder = NULL;
    if (m->tokenizer == PYLM_TOKENIZER_EXTERNAL)
        return PYLM_ERR_ARGUMENT;
    made = pylm__array_new(1, sizeof *made);
    if (!made)
        return PYLM_ERR_MEMORY;
    made->model = model;
    if (m->tokenizer == PYLM_TOKENIZER_PIECES)
        status = pylm__trie_init(&made->trie, m->n_symbols, text_of, m);
    if (status == PYLM_OK)
        *encoder = made;
    else
        pylm_encoder_free(made);
    return status;
}

void pylm_encoder_free(pylm_encoder *encoder)
{
    if (encoder)
        pylm__trie_free(&encoder->trie);
    free(encoder);
}

int pylm_encoder_encode(const pylm_encoder *encoder, const void *text, uint64_t text_nbytes, int end,
                        uint64_t *position, uint32_t *symbols, uint64_t *n)
{
    const uint8_t *bytes = text;
    uint64_t at = *position, used = 0;
    uint32_t length, last;
    if (!encoder->trie.nodes || at > text_nbytes || !*n)
        return pylm_encode(encoder->model, text, text_nbytes, end, position, symbols, n);
    for (; at < text_nbytes && used < *n; at += length)
        symbols[used++] = pylm__trie_longest(&encoder->trie, bytes + at, text_nbytes - at, &length);
    last = pylm__missing_end(pylm__model_view(encoder->model), bytes, text_nbytes, end == PYLM_TEXT_CLOSED);
    if (at == text_nbytes && last == PYLM_NONE) {
        at++;
    } else if (at == text_nbytes && used < *n) {
        symbols[used++] = last;
        at++;
    }
    *position = at;
    *n = used;
    return PYLM_OK;
}
