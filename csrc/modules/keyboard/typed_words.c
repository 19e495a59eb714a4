/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * typed_words.c: the new words of typed texts.
 */
#include "typing.h"

#if PYLM_MODULE_KEYBOARD

/* The adding or removing of a text. */
struct change {
    const pylm_model *model;
    void *words;
    uint64_t nbytes;
    int removes;
    uint64_t n, limit; /* words changed by now, and at most */
    int is_missing;    /* a word could not be removed: the change ended there */
};

static void change_word(void *user, uint32_t symbol, const uint8_t *word, uint64_t nbytes)
{
    struct change *c = user;
    int status;
    (void)symbol;
    if (!word || nbytes > PYLM_WORD_NBYTES || c->is_missing || c->n == c->limit)
        return;
    if (c->removes) {
        status = pylm_words_remove(c->model, c->words, c->nbytes, word, nbytes, 1);
        c->is_missing = status != PYLM_OK;
    } else {
        (void)pylm_words_add(c->model, c->words, c->nbytes, word, nbytes, 1);
    }
    c->n += !c->is_missing;
}

static int run(struct change *c, const void *text, uint64_t nbytes, int removes, uint64_t limit)
{
    c->removes = removes;
    c->limit = limit;
    c->n = 0;
    c->is_missing = 0;
    return pylm__read_typed(c->model, text, nbytes, change_word, c);
}

int pylm_typed_words_add(const pylm_model *model, void *words, uint64_t nbytes, const void *text, uint64_t text_nbytes)
{
    struct change c = {NULL, NULL, 0, 0, 0, 0, 0};
    c.model = model;
    c.words = words;
    c.nbytes = nbytes;
    return run(&c, text, text_nbytes, 0, UINT64_MAX);
}

int pylm_typed_words_remove(const pylm_model *model, void *words, uint64_t nbytes, const void *text,
                            uint64_t text_nbytes)
{
    struct change c = {NULL, NULL, 0, 0, 0, 0, 0};
    int status;
    c.model = model;
    c.words = words;
    c.nbytes = nbytes;
    status = run(&c, text, text_nbytes, 1, UINT64_MAX);
    if (status == PYLM_OK && c.is_missing) {
        (void)run(&c, text, text_nbytes, 0, c.n);
        status = PYLM_ERR_ARGUMENT;
    }
    return status;
}

#endif
