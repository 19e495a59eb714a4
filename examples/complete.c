/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * What comes next? The three most probable symbols, and a continuation of 40 symbols.
 *
 *     complete MODEL "It was a dark and sto"
 */
#include "example.h"

#define N_SUGGESTIONS 3u
#define N_SYMBOLS 40u

static void suggest(const pylm_model *model, const pylm_state *state, uint32_t previous, void *work)
{
    pylm_candidate best[N_SUGGESTIONS];
    uint32_t i, n;
    pylm_top(model, state, N_SUGGESTIONS, work, best, &n);
    for (i = 0; i < n; i++) {
        (void)printf("%6.2f bits  '", (double)best[i].cost_q16 / 65536);
        print_symbol(model, previous, best[i].symbol);
        (void)printf("'\n");
    }
}

/* As many symbols, or fewer where the text ends. The same seed gives the same text on every machine. */
static void go_on(const pylm_model *model, pylm_state *state, uint32_t previous, void *work)
{
    pylm_sampler sampler = {{52429, 40, 65536, 0, 65536, 1}, NULL, 0, 1}; /* temperature 0.8, the 40 best; seed 1 */
    pylm_candidate candidates[41];
    pylm_info info;
    uint32_t i, symbol;
    pylm_model_info(model, &info);
    for (i = 0; i < N_SYMBOLS; i++) {
        must(pylm_sample(model, state, &sampler, work, candidates, 41, &symbol), "sample");
        if (symbol == info.text_end)
            break;
        must(pylm_state_push(model, state, symbol), "push");
        print_symbol(model, previous, symbol);
        previous = symbol;
    }
    (void)printf("\n");
}

int main(int argc, char **argv)
{
    pylm_model model;
    pylm_state state;
    uint64_t i, n;
    uint32_t *symbols, previous;
    void *work;
    if (argc != 3) {
        (void)fprintf(stderr, "usage: complete MODEL TEXT\n");
        return EXIT_FAILURE;
    }
    model = open_model(argv[1]);
    work = allocate(pylm_work_nbytes(&model));
    symbols = encode(&model, argv[2], strlen(argv[2]), PYLM_TEXT_OPEN, &n);
    pylm_state_init(&model, &state);
    for (i = 0; i < n; i++)
        must(pylm_state_push(&model, &state, symbols[i]), "push");
    previous = n ? symbols[n - 1u] : PYLM_NONE;
    suggest(&model, &state, previous, work);
    (void)printf("%s", argv[2]);
    go_on(&model, &state, previous, work);
    free(symbols);
    free(work);
    return EXIT_SUCCESS;
}
