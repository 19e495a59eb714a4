/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Which of these texts is the most probable? Fewer bits are better.
 *
 *     score MODEL "their house" "there house"
 */
#include "example.h"

int main(int argc, char **argv)
{
    pylm_model model;
    void *work;
    int i;
    if (argc < 3) {
        (void)fprintf(stderr, "usage: score MODEL TEXT...\n");
        return EXIT_FAILURE;
    }
    model = open_model(argv[1]);
    work = allocate(pylm_work_nbytes(&model));
    for (i = 2; i < argc; i++) {
        pylm_state state;
        uint64_t n, total;
        uint32_t *symbols = encode(&model, argv[i], strlen(argv[i]), PYLM_TEXT_OPEN, &n);
        pylm_state_init(&model, &state);
        must(pylm_score(&model, &state, symbols, n, work, NULL, &total), "score");
        (void)printf("%9.2f bits  %s\n", (double)total / 65536, argv[i]);
        free(symbols);
    }
    free(work);
    return EXIT_SUCCESS;
}
