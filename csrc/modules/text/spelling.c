/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * spelling.c: words that the vocabulary does not have.
 */
#include "vocabulary.h"

#if PYLM_MODULE_TEXT

#define SLICE 65536u /* tokens that a call looks at */
#define AT_ONCE 64u  /* letters scored in one go */

static int has_spelling(const struct pylm__model *root)
{
    return root->tokenizer == PYLM_TOKENIZER_WORDS && pylm__load64(root->image + PYLM__H_SPELLING) > 0u;
}

int pylm_spelling(const pylm_model *model, pylm_model *spelling, uint32_t *saves_q16)
{
    const struct pylm__model *root = pylm__root_model(pylm__model_view(model)), *opened;
    const uint8_t *h = root->image;
    pylm_model found;
    int status;
    if (!has_spelling(root))
        return PYLM_ERR_ARGUMENT;
    status = pylm_model_open(&found, h + (size_t)pylm__load64(h + PYLM__H_SPELLING),
                             pylm__load64(h + PYLM__H_SPELLING_NBYTES));
    opened = pylm__model_view(&found);
    if (status != PYLM_OK)
        return status == PYLM_ERR_LARGE ? status : PYLM_ERR_DAMAGED;
    if (opened->tokenizer != PYLM_TOKENIZER_BYTES || opened->text_end == PYLM_NONE)
        return PYLM_ERR_DAMAGED;
    *spelling = found;
    *saves_q16 = pylm__load32(h + PYLM__H_SPELLING_SAVES);
    return PYLM_OK;
}

void pylm_spelling_cost(const pylm_model *spelling, uint32_t saves_q16, const void *word, uint64_t word_nbytes,
                        void *work, uint64_t *cost_q16)
{
    const uint8_t *letters = word;
    uint32_t symbols[AT_ONCE + 1u];
    uint64_t i = 0, total = 0, cost;
    pylm_state state;
    pylm_state_init(spelling, &state);
    while (i <= word_nbytes) {
        uint32_t n = 0;
        for (; n < AT_ONCE && i < word_nbytes; i++)
            symbols[n++] = letters[i];
        if (n < AT_ONCE) {
            symbols[n++] = pylm__model_view(spelling)->text_end;
            i++;
        }
        (void)pylm_score(spelling, &state, symbols, n, work, NULL, &cost); /* a model of bytes has all symbols */
        total += cost;
    }
    *cost_q16 = total > saves_q16 ? total - saves_q16 : 0u;
}

int pylm_unknown_words(const pylm_model *model, const void *text, uint64_t text_nbytes, uint64_t *position,
                       pylm_span *words, uint64_t *n)
{
    const struct pylm__model *m = pylm__model_view(model);
    uint64_t capacity = *n;
    uint32_t seen, unknown = pylm__load32(m->image + PYLM__H_UNKNOWN);
    struct pylm__span word = {0, 0, 0};
    if (*position > text_nbytes || !capacity)
        return PYLM_ERR_ARGUMENT;
    *n = 0;
    if (!has_spelling(pylm__root_model(m)))
        *position = text_nbytes + 1u;
    for (seen = 0; seen < SLICE && *position <= text_nbytes && *n < capacity; seen++) {
        if (pylm__next_symbol(m, text, text_nbytes, 0, position, &word) != unknown)
            continue;
        words[*n].begin = word.begin;
        words[(*n)++].end = word.begin + word.nbytes;
    }
    return PYLM_OK;
}

#endif
