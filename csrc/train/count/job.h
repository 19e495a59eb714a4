/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * job.h: what another process needs to count templates, in a file: the text in symbols, the tree, the templates. It is
 * read by the same pylm on the same kind of processor, and refused by any other.
 */
#ifndef PYLM_TRAIN_JOB_H
#define PYLM_TRAIN_JOB_H

#include "count.h"

/* A job that has been read. Its arrays lie in the mapped file. */
struct pylm__job {
    const void *data;
    uint64_t nbytes;
    uint64_t id; /* a checksum of the whole: results say which job they are of */
    struct pylm__corpus corpus;
    struct pylm__symbol_tree tree;
    struct pylm__templates templates;
};

/* Writes the job of a counting. PYLM_ERR_FILE, PYLM_ERR_MEMORY. */
int pylm__job_write(const struct pylm__counting *counting, const char *path, uint64_t *id);

/* Opens one; to be closed, also after a failure. PYLM_ERR_FILE; PYLM_ERR_FOREIGN; PYLM_ERR_VERSION: another pylm or
 * processor wrote it; PYLM_ERR_DAMAGED. */
int pylm__job_open(struct pylm__job *job, const char *path);
void pylm__job_close(struct pylm__job *job);

#endif
