/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * nearest.c: finds the distance and the number of the nearest positions of the training text.
 *
 * The nearest positions are those of the context with the smallest distance. Contexts of the same distance have no
 * position in common, since one that agrees with both would be nearer. There is one exception: a template may
 * extend its base without coming nearer. All its positions are the base's as well, so it is left out.
 */
#include "kernel.h"

#if PYLM_MODULE_KERNEL

/* The largest distance of positions that agree with a template; and whether its base has all of them as well. */
struct reached {
    uint32_t distance_q16;
    int repeats;
};

static struct reached reach_from(struct reached base, const uint8_t *head, const pylm_kernel *kernel)
{
    uint32_t j = head[PYLM__C_LAG] - 1u, t, u;
    if (head[PYLM__C_KIND] == PYLM__KIND_NOTHING || j >= kernel->reach)
        return base;
    t = kernel->distance_q16[j];
    u = j < kernel->n_class && kernel->class_distance_q16[j] < t ? kernel->class_distance_q16[j] : t;
    base.distance_q16 -= head[PYLM__C_KIND] == PYLM__KIND_CLASS ? t - u : t;
    base.repeats |= head[PYLM__C_KIND] == PYLM__KIND_CLASS ? t == u : !u;
    return base;
}

int pylm_nearest(const pylm_model *model, const pylm_state *state, void *memory, uint32_t *distance_q16,
                 uint32_t *n_ret)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__work *work = memory;
    struct reached reached[PYLM__MOST_TEMPLATES], nothing = {0, 0};
    pylm_kernel kernel;
    uint32_t b, k, active;
    if (pylm_model_kernel(model, &kernel) != PYLM_OK)
        return PYLM_ERR_ARGUMENT;
    for (k = 0; k < PYLM_MAX_REACH && k < kernel.reach; k++)
        nothing.distance_q16 += kernel.distance_q16[k];
    *distance_q16 = nothing.distance_q16;
    *n_ret = 0;
    pylm__work_first_tree(view, work);
    for (b = 0; b < view->n_banks; b++) {
        const struct pylm__tree *bank = &work->mixer.tree;
        struct pylm__slices *slices;
        if (b)
            pylm__work_next_tree(view, work);
        slices = pylm__frame_slices(work, pylm__frame(work, 0));
        active =
            pylm__kernel_look_up(view, bank, pylm__state_const(state), &work->lookup, &work->mixer.evidence, slices);
        for (k = 0; k < bank->n_templates; k++) {
            const uint8_t *head = pylm__template_head(bank, k);
            uint32_t base = head[PYLM__C_BASE];
            reached[k] = reach_from(base == PYLM__NO_BASE ? nothing : reached[base], head, &kernel);
            if (!(active >> k & 1u) || reached[k].repeats || reached[k].distance_q16 > *distance_q16)
                continue;
            *n_ret = reached[k].distance_q16 < *distance_q16 ? 0u : *n_ret;
            *n_ret += PYLM__AT(slices, k, total);
            *distance_q16 = reached[k].distance_q16;
        }
    }
    return PYLM_OK;
}

#endif
