/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Texts: encoded in slices and decoded, or suggested for, or learned and forgotten; and searched. The first byte chooses
 * the model, the second how many symbols are encoded at once.
 */
#include "fuzz.h"

#define PERSONAL_NBYTES 3000u

static int gives_back(uint32_t tokenizer)
{
    return tokenizer == PYLM_TOKENIZER_BYTES || tokenizer == PYLM_TOKENIZER_PIECES;
}

/* Encoding ends, and of bytes and pieces the text comes back. */
static void there_and_back(const pylm_model *model, uint32_t tokenizer, const uint8_t *text, uint64_t n, uint64_t slice)
{
    uint32_t *symbols = malloc((size_t)(n + 2u) * sizeof *symbols);
    uint64_t position = 0, n_symbols = 0, nbytes = 0, now;
    uint8_t *back;
    PROMISE(symbols != NULL);
    while (position <= n) {
        now = n + 2u - n_symbols < slice ? n + 2u - n_symbols : slice;
        PROMISE(now && !pylm_encode(model, text, n, 0, &position, symbols + n_symbols, &now));
        n_symbols += now;
    }
    (void)pylm_decode(model, PYLM_NONE, symbols, n_symbols, NULL, 0, &nbytes);
    back = malloc((size_t)nbytes + 1u);
    PROMISE(back && pylm_decode(model, PYLM_NONE, symbols, n_symbols, back, nbytes, &nbytes) == PYLM_OK);
    PROMISE(!gives_back(tokenizer) || (nbytes == n && (!n || !memcmp(back, text, (size_t)n))));
    free(back);
    free(symbols);
}

/* What was learned is forgotten to the last bit. */
static void learn(const pylm_model *model, const uint8_t *text, uint64_t n)
{
    uint8_t personal[PERSONAL_NBYTES], before[PERSONAL_NBYTES];
    if (pylm_personal_init(model, personal, PERSONAL_NBYTES) != PYLM_OK)
        return;
    (void)pylm_personal_seal(personal, PERSONAL_NBYTES);
    memcpy(before, personal, PERSONAL_NBYTES);
    if (pylm_personal_add(model, personal, PERSONAL_NBYTES, text, n) != PYLM_OK || !pylm_personal_is_exact(personal))
        return;
    PROMISE(pylm_personal_remove(model, personal, PERSONAL_NBYTES, text, n) == PYLM_OK);
    PROMISE(!memcmp(personal, before, (size_t)pylm_personal_seal(personal, PERSONAL_NBYTES)));
}

/* Suggestions for what was typed. */
static void typed(const pylm_model *model, const uint8_t *text, uint64_t n)
{
    pylm_state state;
    pylm_state_init(model, &state);
    (void)pylm_read_typed(model, &state, text, n);
    use_keyboard(model, &state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    const pylm_model *model;
    uint64_t n = nbytes - 2u, few;
    uint32_t what;
    pylm_info info;
    uint8_t *text;
    int found;
    if (nbytes < 2u)
        return 0;
    model = golden(data[0]);
    pylm_model_info(model, &info);
    text = copy_of(data + 2, (size_t)n);
    few = n < 300u ? n : 300u;
    what = (choice(data, nbytes) >> 8) % 4u;
    if (what == 0)
        typed(model, text, few);
    else if (what == 1u)
        learn(model, text, few);
    else if (info.tokenizer != PYLM_TOKENIZER_EXTERNAL)
        there_and_back(model, info.tokenizer, text, n, 1u + data[1] % 50u);
    PROMISE(pylm_typed_word(text, n) <= n);
    if (n > 3u)
        (void)pylm_stop_search(text, n, text, 1u + n % 3u, &found);
    free(text);
    return 0;
}
