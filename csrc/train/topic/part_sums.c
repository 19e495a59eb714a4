/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * part_sums.c: see part_sums.h.
 */
#include "part_sums.h"

#include <stdlib.h>
#include <string.h>

static int new_sums(const struct pylm__part_sums *s, struct pylm__sums *sums)
{
    sums->vectors = pylm__array_new(s->n_vectors, sizeof *sums->vectors);
    sums->n = pylm__array_new(s->n_counts, sizeof *sums->n);
    return sums->vectors && sums->n ? PYLM_OK : PYLM_ERR_MEMORY;
}

static void free_sums(struct pylm__sums *sums)
{
    free(sums->vectors);
    free(sums->n);
}

int pylm__part_sums_new(struct pylm__part_sums *sums, uint32_t n_symbols, uint32_t n_numbers, uint32_t n_counts,
                        uint32_t record_nbytes)
{
    uint32_t i;
    sums->n_vectors = (uint64_t)n_symbols * n_numbers;
    sums->n_counts = (uint64_t)n_symbols * n_counts;
    PYLM__TRY(new_sums(sums, &sums->all));
    sums->work = pylm__array_new(sums->n_threads, sizeof *sums->work);
    if (!sums->work)
        return PYLM_ERR_MEMORY;
    for (i = 0; i < sums->n_threads; i++) {
        if (record_nbytes)
            sums->work[i].records = pylm__array_new(n_symbols, record_nbytes);
        if (record_nbytes && !sums->work[i].records)
            return PYLM_ERR_MEMORY;
        PYLM__TRY(new_sums(sums, &sums->work[i].part));
    }
    return PYLM_OK;
}

void pylm__part_sums_free(struct pylm__part_sums *sums)
{
    uint32_t i;
    for (i = 0; sums->work && i < sums->n_threads; i++) {
        free_sums(&sums->work[i].part);
        free(sums->work[i].records);
    }
    free(sums->work);
    free_sums(&sums->all);
}

static void add_anew(const struct pylm__part_sums *s, pylm__add_part *add, const void *user, uint32_t part,
                     struct pylm__sums *sums)
{
    memset(sums->vectors, 0, (size_t)s->n_vectors * sizeof *sums->vectors);
    memset(sums->n, 0, (size_t)s->n_counts * sizeof *sums->n);
    add(user, part, sums);
}

int pylm__part_sums_add(struct pylm__part_sums *sums, pylm__add_part *add, const void *user, const pylm_task *task)
{
    int part, cancelled = 0;
#ifdef _OPENMP
#pragma omp parallel for ordered schedule(dynamic, 1) num_threads(sums -> n_threads)
#endif
    for (part = 0; part < (int)PYLM__TOPIC_PARTS; part++) {
        struct pylm__sums *mine = &sums->work[pylm__thread()].part;
        int stop = pylm__task_cancelled(task);
        uint64_t i;
        if (!stop)
            add_anew(sums, add, user, (uint32_t)part, mine);
#ifdef _OPENMP
#pragma omp ordered
#endif
        {
            cancelled |= stop;
            for (i = 0; !stop && i < sums->n_vectors; i++)
                sums->all.vectors[i] += mine->vectors[i];
            for (i = 0; !stop && i < sums->n_counts; i++)
                sums->all.n[i] += mine->n[i];
        }
    }
    return cancelled ? PYLM_ERR_CANCELLED : PYLM_OK;
}

struct visiting {
    struct pylm__part_sums *sums;
    pylm__add_part *add;
    pylm__visit_part *visit;
    const void *user;
    const pylm_task *task;
};

static int visit_part(void *user, uint32_t part, pylm_task *task)
{
    const struct visiting *v = user;
    struct pylm__part_work *mine = &v->sums->work[pylm__thread()];
    (void)task; /* it would count jobs as steps of progress */
    if (pylm__task_cancelled(v->task))
        return PYLM_ERR_CANCELLED;
    add_anew(v->sums, v->add, v->user, part, &mine->part);
    v->visit(v->user, part, mine);
    return PYLM_OK;
}

int pylm__part_sums_visit(struct pylm__part_sums *sums, pylm__add_part *add, pylm__visit_part *visit, const void *user,
                          const pylm_task *task)
{
    struct visiting visiting = {sums, add, visit, user, task};
    return pylm__run_jobs(visit_part, &visiting, PYLM__TOPIC_PARTS, sums->n_threads, NULL);
}
