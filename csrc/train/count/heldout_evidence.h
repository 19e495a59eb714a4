/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * heldout_evidence.h: what the counts of a template say about the held-out blocks, whose own counts are taken out.
 */
#ifndef PYLM_TRAIN_HELDOUT_EVIDENCE_H
#define PYLM_TRAIN_HELDOUT_EVIDENCE_H

#include "heldout.h"
#include "key.h"

/* Contexts of one template: all of them, or those in a range of hashes. */
struct pylm__evidence_input {
    const struct pylm__heldout *heldout;
    const struct pylm__symbol_tree *tree;
    struct pylm__sorted_keys sorted; /* of the whole corpus */
    const uint64_t *of_blocks;       /* keys of all held-out symbols, in their order */
    struct pylm__hash_range range;
    uint32_t min_count; /* contexts that occur less often have no evidence */
};

/* How often a context occurs outside a block that it stands in. */
struct pylm__hits {
    uint32_t all;
    uint32_t hits; /* those that were followed by the same symbol as in the block */
};

/* Where evidence goes: indices or hits. What is not in the range stays as it is. */
struct pylm__evidence_out {
    uint16_t *indices;       /* by event: a calibration index; evidence is also added to the means */
    uint32_t *steps;         /* with indices: by event, the step of a voice (voices.h); NULL: not wanted */
    struct pylm__hits *hits; /* by held-out symbol */
};

/* Working memory, for one call at a time. */
struct pylm__evidence_work;
struct pylm__evidence_work *pylm__evidence_work_new(const struct pylm__symbol_tree *tree);
void pylm__evidence_work_free(struct pylm__evidence_work *work);

int pylm__heldout_evidence(const struct pylm__evidence_input *input, struct pylm__evidence_out out,
                           struct pylm__evidence_work *work, const pylm_task *task);

#endif
