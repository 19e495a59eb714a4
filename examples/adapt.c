/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * How well is a text predicted, by the model as it is, and by a state that learns from the text as it reads?
 *
 *     adapt MODEL TEXTFILE
 */
#include <pylm_adapt.h>

#include "example.h"

/* What is learned fits into 64 KB. */
static uint64_t overlay[65536 / sizeof(uint64_t)];

static void report(const char *what, const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n,
                   uint64_t text_nbytes)
{
    void *work = allocate(pylm_work_nbytes(model));
    uint64_t total;
    must(pylm_score(model, state, symbols, n, work, NULL, &total), "score");
    (void)printf("%.4f bits a byte %s\n", (double)total / 65536 / (double)text_nbytes, what);
    free(work);
}

int main(int argc, char **argv)
{
    pylm_model model;
    pylm_state state;
    const void *text;
    uint64_t text_nbytes, n;
    uint32_t *symbols;
    if (argc != 3) {
        (void)fprintf(stderr, "usage: adapt MODEL TEXTFILE\n");
        return EXIT_FAILURE;
    }
    model = open_model(argv[1]);
    must(pylm_file_map(argv[2], &text, &text_nbytes), argv[2]);
    if (text_nbytes == 0) {
        (void)fprintf(stderr, "%s: the file is empty\n", argv[2]);
        return EXIT_FAILURE;
    }
    symbols = encode(&model, text, text_nbytes, PYLM_TEXT_CLOSED, &n);

    pylm_state_init(&model, &state);
    report("as the model is", &model, &state, symbols, n, text_nbytes);

    must(pylm_overlay_init(&model, overlay, sizeof overlay), "overlay");
    must(pylm_state_attach(&model, &state, overlay, sizeof overlay), "overlay");
    report("learning as it reads", &model, &state, symbols, n, text_nbytes);

    free(symbols);
    pylm_file_unmap(text, text_nbytes);
    return EXIT_SUCCESS;
}
