/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * factor.c: see factor.h. Blocks of symbols are digested side by side; then comes a digest of their digests.
 */
#include "factor.h"

#include <stdlib.h>

#include "core/bits.h"
#include "train/base/blake2b.h"

#define BLOCK 2097152u /* symbols */
#define AT_ONCE 1024u  /* symbols whose bytes are brought into order together: little-endian on every processor */

struct digesting {
    const struct pylm__corpus *corpus;
    uint8_t *digests; /* of the blocks */
};

static int digest_block(void *user, uint32_t block, pylm_task *task)
{
    const struct digesting *d = user;
    const struct pylm__corpus *corpus = d->corpus;
    uint64_t p = (uint64_t)block * BLOCK, end = corpus->n - p < BLOCK ? corpus->n : p + BLOCK;
    uint8_t bytes[4u * AT_ONCE];
    struct pylm__blake2b digest;
    pylm__blake2b_begin(&digest);
    while (p < end) {
        uint32_t i = 0;
        for (; i < AT_ONCE && p < end; i++, p++)
            pylm__store32(bytes + i * corpus->width, pylm__symbol(corpus, p)); /* the upper bytes are overwritten */
        pylm__blake2b_add(&digest, bytes, (uint64_t)i * corpus->width);
        if (pylm__task_cancelled(task))
            return PYLM_ERR_CANCELLED;
    }
    pylm__blake2b_end(&digest, d->digests + (size_t)block * PYLM__BLAKE2B_NBYTES);
    pylm__corpus_passed(corpus, 0);
    return PYLM_OK;
}

static void add_number(struct pylm__blake2b *digest, uint64_t number)
{
    uint8_t bytes[8];
    pylm__store64(bytes, number);
    pylm__blake2b_add(digest, bytes, sizeof bytes);
}

static uint64_t digest_all(const struct pylm__corpus *corpus, const uint8_t *digests, uint32_t n_blocks)
{
    const struct pylm__strings *words = &corpus->vocabulary;
    struct pylm__blake2b digest;
    uint8_t out[PYLM__BLAKE2B_NBYTES];
    uint64_t i;
    pylm__blake2b_begin(&digest);
    pylm__blake2b_add(&digest, digests, (uint64_t)n_blocks * PYLM__BLAKE2B_NBYTES);
    add_number(&digest, corpus->n_documents);
    for (i = 0; i < corpus->n_documents; i++)
        add_number(&digest, corpus->document_ends[i]);
    for (i = 0; corpus->tokenizer != PYLM_TOKENIZER_BYTES && i < words->n; i++)
        add_number(&digest, words->ends[i]);
    if (corpus->tokenizer != PYLM_TOKENIZER_BYTES)
        pylm__blake2b_add(&digest, words->text, words->text_nbytes);
    pylm__blake2b_end(&digest, out);
    return pylm__load64(out);
}

int pylm__corpus_find_factor(struct pylm__corpus *corpus, uint32_t n_threads, pylm_task *task)
{
    uint32_t n_blocks = (uint32_t)((corpus->n + BLOCK - 1u) / BLOCK);
    struct digesting d = {corpus, pylm__array_new(n_blocks, PYLM__BLAKE2B_NBYTES)};
    int status = d.digests ? PYLM_OK : PYLM_ERR_MEMORY;
    pylm__task_begin(task, PYLM_STAGE_READ, n_blocks);
    if (status == PYLM_OK)
        status = pylm__run_jobs(digest_block, &d, n_blocks, n_threads, task);
    if (status == PYLM_OK)
        pylm__store64(corpus->factor, digest_all(corpus, d.digests, n_blocks) | 1u);
    free(d.digests);
    return status;
}
