/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * kernel.c: the predictor `kernel`. See kernel.h.
 *
 * Rounding: e^-x has a relative error of 2^-31 (1 + x). A coefficient is a product of up to six of these, and a
 * probability is a quotient of two sums: its relative error is 2^-26. A distribution hands mass down in units of 2^-62,
 * by quotients with a relative error of 2^-30 each.
 */
#include "kernel.h"

#include <string.h>

#if PYLM_MODULE_KERNEL

#define MAX_EXPONENT 1024u /* tau times a distance, nats */
#define LOG2_E_Q31 UINT32_C(3098164010)
#define LN_2_Q32 UINT32_C(2977044472)
#define N_SERIES 12u

/* ---- settings ---- */

/* A bank has bandwidths, nothing for overlays, and only templates of symbols and classes within reach. */
int pylm__kernel_check(const struct pylm__model *m, const struct pylm__tree *tree)
{
    uint64_t bandwidths = pylm__load64(tree->head + PYLM__T_WEIGHTS);
    uint32_t reach, k;
    for (k = 0; k < tree->n_templates; k++) {
        const uint8_t *c = pylm__template_head(tree, k);
        if (c[PYLM__C_LIST_FORM] != PYLM__LIST_SPLITS || c[PYLM__C_KIND] > PYLM__KIND_CLASS ||
            c[PYLM__C_LAG] > PYLM_MAX_REACH)
            return 0;
    }
    if (!pylm__lies_inside(m, bandwidths, PYLM__K_NBYTES) || pylm__load64(tree->head + PYLM__T_OVERLAY_WEIGHTS))
        return 0;
    reach = pylm__load32(m->image + (size_t)bandwidths + PYLM__K_REACH);
    return reach >= 1u && reach <= PYLM_MAX_REACH;
}

void pylm__kernel_settings(const struct pylm__model *model, pylm_kernel *kernel)
{
    struct pylm__tree tree;
    uint32_t j;
    if (model->kernel) {
        *kernel = *model->kernel;
        return;
    }
    pylm__tree_view(model, NULL, &tree);
    kernel->reach = pylm__load32(tree.parts[PYLM__P_WEIGHTS] + PYLM__K_REACH);
    kernel->n_class = pylm__load32(tree.parts[PYLM__P_WEIGHTS] + PYLM__K_N_CLASS);
    kernel->tau_q16 = pylm__load32(tree.parts[PYLM__P_WEIGHTS] + PYLM__K_TAU);
    for (j = 0; j < PYLM_MAX_REACH; j++) {
        kernel->distance_q16[j] = pylm__load32(tree.parts[PYLM__P_WEIGHTS] + PYLM__K_DISTANCES + 4u * j);
        kernel->class_distance_q16[j] = pylm__load32(tree.parts[PYLM__P_WEIGHTS] + PYLM__K_CLASS_DISTANCES + 4u * j);
    }
}

int pylm_model_kernel(const pylm_model *model, pylm_kernel *kernel)
{
    const struct pylm__model *view = pylm__model_view(model);
    if (!pylm__is_kernel(view))
        return PYLM_ERR_ARGUMENT;
    pylm__kernel_settings(view, kernel);
    return PYLM_OK;
}

static int settings_are_sane(const struct pylm__model *model, const pylm_kernel *kernel)
{
    struct pylm__model plain = *model;
    pylm_kernel own;
    uint32_t j;
    plain.kernel = NULL;
    pylm__kernel_settings(&plain, &own);
    if (kernel->reach != own.reach || kernel->n_class != own.n_class)
        return 0;
    for (j = 0; j < kernel->reach; j++)
        if (kernel->distance_q16[j] > PYLM_MAX_DISTANCE_Q16 || kernel->class_distance_q16[j] > kernel->distance_q16[j])
            return 0;
    return 1;
}

int pylm_model_set_kernel(pylm_model *model, const pylm_kernel *kernel)
{
    struct pylm__model *view = (struct pylm__model *)(void *)model;
    if (!pylm__is_kernel(view) || (kernel && !settings_are_sane(view, kernel)))
        return PYLM_ERR_ARGUMENT;
    view->kernel = kernel;
    return PYLM_OK;
}

/* ---- coefficients of templates ---- */

/* tau times a distance, nats. */
static uint32_t times_tau(uint32_t tau_q16, uint32_t distance_q16)
{
    return (uint32_t)(((uint64_t)tau_q16 * distance_q16 + (1u << 10)) >> 11); /* q21, 2^31 at most */
}

/* The tau of the settings, or the largest for which no exponent exceeds MAX_EXPONENT. */
static uint32_t limited_tau(const pylm_kernel *kernel)
{
    uint32_t j, most = 1;
    for (j = 0; j < PYLM_MAX_REACH && j < kernel->reach; j++)
        most = kernel->distance_q16[j] > most ? kernel->distance_q16[j] : most;
    if ((uint64_t)kernel->tau_q16 * most <= (uint64_t)MAX_EXPONENT << 32)
        return kernel->tau_q16;
    return (uint32_t)(((uint64_t)MAX_EXPONENT << 32) / most);
}

/* Computes e^-x and 1 - e^-x. With z = x modulo ln 2, 1 - e^-z is z (1 - z/2 (1 - z/3 (1 - ...))). */
static void exponential(uint32_t x_q21, struct pylm__scaled *power, struct pylm__scaled *rest)
{
    const uint64_t one_q32 = UINT64_C(1) << 32, one_q63 = UINT64_C(1) << 63;
    uint64_t log2_q52 = (uint64_t)x_q21 * LOG2_E_Q31, h_q32 = one_q32, lost_q64, z_q32, power_q63;
    uint32_t whole = (uint32_t)(log2_q52 >> 52), k;
    z_q32 = (log2_q52 >> 20 & (one_q32 - 1u)) * LN_2_Q32 >> 32;
    for (k = N_SERIES; k > 1u; k--)
        h_q32 = one_q32 - (z_q32 * h_q32 >> 32) / k;
    lost_q64 = z_q32 * h_q32; /* 1/2 at most */
    power_q63 = one_q63 - (lost_q64 >> 1);
    *power = pylm__scaled_from(power_q63, -63 - (int32_t)whole);
    *rest = whole ? pylm__scaled_from(one_q63 - (whole < 63u ? power_q63 >> whole : 0u), -63)
                  : pylm__scaled_from(lost_q64, -64);
}

void pylm__kernel_factors(const struct pylm__model *model, struct pylm__factors *f)
{
    struct pylm__scaled rest, unused;
    pylm_kernel kernel;
    uint32_t j, u, t, tau;
    pylm__kernel_settings(model, &kernel);
    tau = limited_tau(&kernel);
    memset(f, 0, sizeof *f);
    f->nothing = pylm__scaled_from(1, 0);
    for (j = 0; j < PYLM_MAX_REACH && j < kernel.reach; j++) {
        t = kernel.distance_q16[j];
        u = j < kernel.n_class && kernel.class_distance_q16[j] < t ? kernel.class_distance_q16[j] : t;
        exponential(times_tau(tau, t), &f->other[j], &rest);
        exponential(times_tau(tau, u), &f->similar[j], &rest);
        f->symbol[j] = pylm__scaled_ratio(rest, f->other[j]);
        exponential(times_tau(tau, t - u), &unused, &rest);
        f->class[j] = pylm__scaled_ratio(pylm__scaled_times(f->similar[j], rest), f->other[j]);
        f->nothing = pylm__scaled_times(f->nothing, f->other[j]);
    }
    f->leaf = pylm__scaled_ratio(f->nothing, pylm__scaled_from(model->n_symbols, 0));
}

/* The coefficients of a bank's templates. */
static void find_coefficients(const struct pylm__factors *f, const struct pylm__tree *bank,
                              struct pylm__scaled *coefficients)
{
    uint32_t k;
    for (k = 0; k < bank->n_templates; k++) {
        const uint8_t *head = pylm__template_head(bank, k);
        uint32_t base = head[PYLM__C_BASE], j = head[PYLM__C_LAG] - 1u;
        coefficients[k] = base == PYLM__NO_BASE ? f->nothing : coefficients[base];
        if (head[PYLM__C_KIND] == PYLM__KIND_SYMBOL)
            coefficients[k] = pylm__scaled_times(coefficients[k], f->symbol[j]);
        else if (head[PYLM__C_KIND] == PYLM__KIND_CLASS)
            coefficients[k] = pylm__scaled_times(coefficients[k], f->class[j]);
    }
}

/* ---- evidence ---- */

/* Looks at the stale slices, whose lists have splits. */
static void look(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t stale)
{
    for (; stale; stale &= stale - 1u)
        pylm__slice_look(e, s, pylm__lowest_from(stale, 0));
}

uint32_t pylm__kernel_look_up(const struct pylm__model *model, const struct pylm__tree *bank,
                              const struct pylm__state *state, struct pylm__lookup *lookup, struct pylm__evidence *e,
                              struct pylm__slices *s)
{
    pylm__look_up(model, bank, state, lookup, e, s);
    look(e, s, lookup->found);
    return lookup->found;
}

static uint32_t narrow(const struct pylm__evidence *e, struct pylm__slices *s, uint32_t active, uint32_t mid, int side)
{
    struct pylm__sets sets = {active, 0};
    pylm__narrow_portable(e, s, &sets, mid, side);
    look(e, s, sets.stale);
    return sets.active;
}

/* Adds the coefficients of the active templates, each as often as its context occurred. */
static void add_active(struct pylm__scaled_sum *sum, const struct pylm__scaled *coefficients, uint32_t active,
                       struct pylm__slices *s)
{
    for (; active; active &= active - 1u)
        pylm__scaled_sum_add(sum, coefficients[pylm__lowest_from(active, 0)],
                             PYLM__AT(s, pylm__lowest_from(active, 0), total));
}

/* Makes a probability of a quotient. It may exceed 1 by rounding only. */
static struct pylm__small probability_of(struct pylm__scaled ratio)
{
    struct pylm__small p = pylm__small_one();
    if (ratio.exponent < -31) {
        p.mantissa = ratio.mantissa;
        p.exponent = (uint32_t)(-31 - ratio.exponent);
    }
    return p;
}

/* ---- known symbols ---- */

uint32_t pylm__kernel_go_down(const struct pylm__tree *tree, const struct pylm__evidence *e, struct pylm__slices *s,
                              uint32_t active, uint32_t leaf)
{
    uint32_t number = 0, lo = 0, hi = tree->n_symbols;
    while (hi - lo > 1u && active) {
        struct pylm__node node = pylm__tree_node(tree, number, lo, hi);
        int side = leaf >= node.mid;
        active = narrow(e, s, active, node.mid, side);
        number += side ? node.mid - lo : 1u;
        *(side ? &lo : &hi) = node.mid;
    }
    return active;
}

static struct pylm__small probability(const struct pylm__model *model, const struct pylm__factors *f,
                                      const struct pylm__state *state, uint32_t symbol, struct pylm__work *work)
{
    struct pylm__scaled_sum all = {0, 0}, here = {0, 0};
    struct pylm__scaled coefficients[PYLM__MOST_TEMPLATES];
    const struct pylm__tree *bank = &work->mixer.tree;
    struct pylm__evidence *e = &work->mixer.evidence;
    uint32_t b, active;
    pylm__scaled_sum_add(&all, f->nothing, 1);
    pylm__scaled_sum_add(&here, f->leaf, 1);
    pylm__work_first_tree(model, work);
    for (b = 0; b < model->n_banks; b++) {
        struct pylm__slices *slices;
        if (b)
            pylm__work_next_tree(model, work);
        slices = pylm__frame_slices(work, pylm__frame(work, 0));
        find_coefficients(f, bank, coefficients);
        active = pylm__kernel_look_up(model, bank, state, &work->lookup, e, slices);
        add_active(&all, coefficients, active, slices);
        active = pylm__kernel_go_down(bank, e, slices, active, pylm__tree_leaf(bank, symbol));
        add_active(&here, coefficients, active, slices);
    }
    return probability_of(pylm__scaled_ratio(pylm__scaled_sum_value(&here), pylm__scaled_sum_value(&all)));
}

void pylm__kernel_probabilities(const struct pylm__model *model, const struct pylm__state *states,
                                const uint32_t *symbols, uint32_t n, struct pylm__work *work,
                                struct pylm__small *probabilities)
{
    struct pylm__factors factors;
    uint32_t i;
    pylm__kernel_factors(model, &factors);
    for (i = 0; i < n; i++)
        probabilities[i] = probability(model, &factors, &states[i], symbols[i], work);
}

/* ---- walks ---- */

/* A walk's memory of a bank, besides slices. */
struct bank {
    struct pylm__evidence evidence;
    struct pylm__scaled coefficients[PYLM__MOST_TEMPLATES];
};

/* Stands behind the frames of a walk. */
struct walk {
    struct pylm__scaled root; /* the sum of everything */
    struct pylm__scaled leaf; /* the background at each leaf */
    struct bank banks[];
};

/* The number of a bank's fields in a frame: the set of contexts with evidence, then slices. */
static uint32_t n_bank_fields(const struct pylm__model *model)
{
    return 1u + PYLM__N_SLICE_FIELDS * pylm__stride(model->n_templates);
}

static uint32_t *bank_fields(const struct pylm__model *model, struct pylm__frame *frame, uint32_t b)
{
    return frame->fields + (size_t)b * n_bank_fields(model);
}

static struct pylm__slices *bank_slices(const struct pylm__model *model, uint32_t *fields, struct pylm__slices *room)
{
    return pylm__slices_at(fields + 1, pylm__stride(model->n_templates), room);
}

size_t pylm__kernel_frame_nbytes(const struct pylm__model *model)
{
    size_t nbytes = sizeof(struct pylm__frame) + (size_t)model->n_banks * n_bank_fields(model) * sizeof(uint32_t);
    return (nbytes + 7u) & ~(size_t)7u;
}

static size_t frames_nbytes(const struct pylm__model *model)
{
    return sizeof(struct pylm__work) + (model->depth + 1u) * pylm__kernel_frame_nbytes(model);
}

size_t pylm__kernel_walk_nbytes(const struct pylm__model *model)
{
    return frames_nbytes(model) + sizeof(struct walk) + model->n_banks * sizeof(struct bank);
}

static struct walk *walk_of(const struct pylm__model *model, struct pylm__work *work)
{
    return (struct walk *)(void *)((uint8_t *)(void *)work + (size_t)frames_nbytes(model));
}

void pylm__kernel_root(const struct pylm__model *model, const struct pylm__state *state, struct pylm__work *work)
{
    struct pylm__frame *root = pylm__frame(work, 0);
    struct walk *walk = walk_of(model, work);
    struct pylm__scaled_sum all = {0, 0};
    struct pylm__tree tree;
    struct pylm__factors factors;
    uint32_t b;
    root->chance.p = pylm__small_one();
    root->node = root->lo = 0;
    root->hi = model->n_symbols;
    pylm__kernel_factors(model, &factors);
    pylm__scaled_sum_add(&all, factors.nothing, 1);
    for (b = 0; b < model->n_banks; b++) {
        struct bank *bank = &walk->banks[b];
        uint32_t *fields = bank_fields(model, root, b);
        struct pylm__slices room, *slices = bank_slices(model, fields, &room);
        pylm__tree_view(model, b ? &tree : NULL, &tree);
        find_coefficients(&factors, &tree, bank->coefficients);
        *fields = pylm__kernel_look_up(model, &tree, state, &work->lookup, &bank->evidence, slices);
        add_active(&all, bank->coefficients, *fields, slices);
    }
    walk->root = pylm__scaled_sum_value(&all);
    walk->leaf = factors.leaf;
}

/* A mass times a quotient of at most 1. */
static uint64_t mass_times(uint64_t mass, struct pylm__scaled ratio)
{
    uint64_t product = (mass >> 32) * ratio.mantissa + ((mass & UINT32_MAX) * ratio.mantissa >> 32);
    uint32_t shift = (uint32_t)(-32 - ratio.exponent);
    if (ratio.exponent > -32)
        return mass;
    return shift < 64u ? product >> shift : 0u;
}

void pylm__kernel_split(const struct pylm__model *model, struct pylm__work *work, struct pylm__frame *frame,
                        struct pylm__node node, uint64_t *masses, struct pylm__small *p)
{
    const struct walk *walk = walk_of(model, work);
    struct pylm__scaled_sum sums[2] = {{0, 0}, {0, 0}}, both = {0, 0};
    struct pylm__scaled sides[2], smaller;
    uint32_t b, active;
    int side;
    pylm__scaled_sum_add(&sums[0], walk->leaf, node.mid - frame->lo);
    pylm__scaled_sum_add(&sums[1], walk->leaf, frame->hi - node.mid);
    for (b = 0; b < model->n_banks; b++) {
        uint32_t *fields = bank_fields(model, frame, b);
        struct pylm__slices room, *slices = bank_slices(model, fields, &room);
        for (active = *fields; active; active &= active - 1u) {
            uint32_t k = pylm__lowest_from(active, 0), left = pylm__slice_left(slices, k, node.mid);
            pylm__scaled_sum_add(&sums[0], walk->banks[b].coefficients[k], left);
            pylm__scaled_sum_add(&sums[1], walk->banks[b].coefficients[k], PYLM__AT(slices, k, total) - left);
        }
    }
    for (side = 0; side < 2; side++) {
        sides[side] = pylm__scaled_sum_value(&sums[side]);
        pylm__scaled_sum_add(&both, sides[side], 1);
        p[side] = probability_of(pylm__scaled_ratio(sides[side], walk->root));
    }
    side = sides[1].exponent < sides[0].exponent ||
           (sides[1].exponent == sides[0].exponent && sides[1].mantissa < sides[0].mantissa);
    smaller = pylm__scaled_ratio(sides[side], pylm__scaled_sum_value(&both));
    masses[side] = mass_times(frame->chance.mass, smaller);
    masses[!side] = frame->chance.mass - masses[side];
}

void pylm__kernel_narrow(const struct pylm__model *model, struct pylm__work *work, struct pylm__frame *frame,
                         uint32_t mid, int side)
{
    const struct walk *walk = walk_of(model, work);
    uint32_t b;
    for (b = 0; b < model->n_banks; b++) {
        uint32_t *fields = bank_fields(model, frame, b);
        struct pylm__slices room, *slices = bank_slices(model, fields, &room);
        *fields = narrow(&walk->banks[b].evidence, slices, *fields, mid, side);
    }
}

#endif
