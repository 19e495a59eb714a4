/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * facts.c: see facts.h.
 */
#include "facts.h"

#include <stdarg.h>
#include <stdio.h>

struct writing {
    char *out;
    size_t n;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void put(struct writing *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    w->n += (size_t)vsnprintf(w->out + w->n, PYLM__FACTS_NBYTES - w->n, format, arguments);
    va_end(arguments);
}

/* One number, or one for each order. */
static void write_min_count(struct writing *w, const pylm_train_options *options, int is_kernel)
{
    uint32_t i, n = PYLM_MAX_ORDER, last = options->min_count;
    while (n && !options->min_counts[n - 1u])
        n--;
    if (!n || is_kernel) {
        put(w, "\"min_count\": %lu, ", (unsigned long)(is_kernel ? 1u : options->min_count));
        return;
    }
    for (i = 0; i < n; i++) {
        last = options->min_counts[i] ? options->min_counts[i] : last;
        put(w, "%s%lu", i ? ", " : "\"min_count\": [", (unsigned long)last);
    }
    put(w, "], ");
}

static void write_text(struct writing *w, const struct pylm__facts *facts)
{
    static const char *const profiles[] = {"standard", "fast", "best"}; /* as enum pylm_profile has them */
    const struct pylm__corpus *corpus = facts->corpus;
    int has_words = corpus->tokenizer == PYLM_TOKENIZER_WORDS;
    put(w, "\"trainer\": \"pylm %s\", ", PYLM_VERSION);
    put(w, "\"documents\": %llu, ", (unsigned long long)(corpus->n_documents + corpus->n_copies));
    put(w, "\"bytes\": %llu, ", (unsigned long long)corpus->n_bytes);
    put(w, "\"symbols\": %llu, ", (unsigned long long)corpus->n);
    put(w, "\"predictor\": \"%s\", ", facts->kernel_bits ? "kernel" : "mix");
    put(w, "\"profile\": \"%s\", ", profiles[facts->options->profile]);
    write_min_count(w, facts->options, facts->kernel_bits != NULL);
    put(w, "\"closed_vocabulary\": %s, ", corpus->closed_vocabulary || !has_words ? "true" : "false");
    if (has_words && !corpus->base)
        put(w, "\"min_word_count\": %lu, \"words_left_out\": %lu, \"words_that_spell\": %lu, ",
            (unsigned long)corpus->min_word_count, (unsigned long)corpus->n_left_out, (unsigned long)corpus->rare.n);
}

static void write_fit(struct writing *w, const struct pylm__trained_tree *tree, const double *kernel_bits)
{
    double bits = kernel_bits ? *kernel_bits : tree->stages.bits;
    put(w, "{\"classes\": %lu, \"heldout_millibits_per_symbol\": %ld, ", (unsigned long)tree->tree.n_classes,
        (long)(bits * 1000.0 + 0.5));
    if (!kernel_bits)
        put(w, "\"heldout_millibits_adaptive\": %ld, \"fit_cycles\": %lu, ",
            (long)(tree->stages.adaptive_bits * 1000.0 + 0.5), (unsigned long)tree->stages.cycles);
}

/* How many contexts each template has; of a kernel, the templates that are in this bank. */
static void write_contexts(struct writing *w, const struct pylm__trained_tree *tree, int is_kernel)
{
    char name[PYLM__TEMPLATE_NAME_NBYTES];
    uint32_t k;
    for (k = 0; k < tree->templates.n; k++) {
        if (tree->templates.of[k].hidden && is_kernel)
            continue;
        pylm__template_name(&tree->templates, k, name);
        put(w, "%s\"%s\": %llu", w->out[w->n - 1u] == '{' ? "" : ", ", name,
            (unsigned long long)tree->packed[k].n_records);
    }
}

void pylm__facts_write(const struct pylm__facts *facts, char *out)
{
    struct writing w = {NULL, 0};
    uint32_t t;
    w.out = out;
    put(&w, "{");
    write_text(&w, facts);
    put(&w, "\"trees\": [");
    for (t = 0; t < facts->n_trees; t++) {
        int begins = !t || !facts->kernel_bits, ends = t + 1u == facts->n_trees || !facts->kernel_bits;
        if (begins) {
            put(&w, "%s", t ? ", " : "");
            write_fit(&w, &facts->trees[t], facts->kernel_bits);
            put(&w, "\"contexts\": {");
        }
        write_contexts(&w, &facts->trees[t], facts->kernel_bits != NULL);
        if (ends)
            put(&w, "}}");
    }
    put(&w, "]}");
}
