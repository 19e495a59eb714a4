/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * races.c: all that uses threads, for the thread sanitizer, which sees what one thread writes while another one reads.
 * Training and scoring in bulk start threads themselves; and, as a server does, eight threads use one model, each with
 * states of its own. tests/threads/run.sh builds and runs it. With the argument "pthreads" or
 * "openmp" it makes a race of such threads, which must be found.
 */
#include <pthread.h>

#include "check.h"
#include "pylm_adapt.h"
#include "pylm_decode.h"
#include "pylm_explain.h"
#include "pylm_text.h"

#define N_THREADS 8u
#define N_CALLS 40u  /* of each thread */
#define N_STATES 16u /* that are read together */

struct image_and_model {
    struct image image;
    pylm_model model;
};

/* Every kind of model, by several threads; the bytes are those of one thread (tests/c/test_train.c). */
static void train_all(void)
{
    static const uint64_t sizes[] = {0, 60000};
    pylm_train_options options;
    size_t nbytes, size;
    char *text = make_text(2500, 3, &nbytes);
    int kind;
    for (kind = 0; kind <= KIND_SIZED; kind++)
        for (size = 0; size < (kind == KIND_TREES ? 1u : 2u); size++) {
            struct image image;
            pylm_train_options_init(&options);
            options.tokenizer = kind == KIND_BYTES ? PYLM_TOKENIZER_BYTES : PYLM_TOKENIZER_WORDS;
            options.tokenizer = kind == KIND_PIECES ? PYLM_TOKENIZER_PIECES : options.tokenizer;
            options.n_trees = kind == KIND_TREES ? 2 : 1;
            options.max_nbytes = sizes[size];
            options.n_threads = N_THREADS;
            image = train(text, nbytes, &options);
            free(image.data);
        }
    pylm_train_options_init(&options);
    options.predictor = PYLM_PREDICTOR_KERNEL;
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.n_threads = N_THREADS;
    free(train(text, nbytes, &options).data);
    free(text);
}

static struct image_and_model open_kind(int kind)
{
    struct image_and_model made;
    made.image = train_kind_anew(kind, 1500);
    REQUIRE(pylm_model_open(&made.model, made.image.data, made.image.nbytes) == PYLM_OK);
    return made;
}

static void score_in_bulk(const pylm_model *model)
{
    pylm_encoder *encoder = NULL;
    pylm_text_score scores[40];
    uint64_t ends[40], totals[40], n;
    uint32_t *symbols, *best, i;
    size_t nbytes;
    pylm_info info;
    char *text = make_text(6000, 5, &nbytes);
    pylm_strings strings = {text, ends, 40, PYLM_TEXT_CLOSED};
    pylm_texts texts = {NULL, ends, 40};
    pylm_model_info(model, &info);
    REQUIRE(pylm_encoder_new(&encoder, model) == PYLM_OK);
    for (i = 0; i < 40u; i++)
        ends[i] = nbytes * (i + 1u) / 40u;
    CHECK(pylm_score_texts(encoder, model, NULL, &strings, N_THREADS, scores, NULL) == PYLM_OK);
    n = nbytes;
    symbols = allocate((size_t)n * sizeof *symbols);
    best = allocate((size_t)n * sizeof *best);
    for (i = 0; i < n; i++)
        symbols[i] = (unsigned char)text[i] % info.n_symbols;
    texts.symbols = symbols;
    CHECK(pylm_score_batch(model, NULL, &texts, N_THREADS, NULL, totals, NULL) == PYLM_OK);
    for (i = 0; i < 40u; i++)
        ends[i] = 30u * (i + 1u);
    CHECK(pylm_predict_batch(model, NULL, &texts, N_THREADS, best, NULL) == PYLM_OK);
    pylm_encoder_free(encoder);
    free(symbols);
    free(best);
    free(text);
}

/* What one of a server's threads does: texts are read and continued, alone and many at a time; some states learn. */
static void *serve(void *argument)
{
    const pylm_model *model = argument;
    enum { LEARNS = 0, OVERLAY_NBYTES = 1 << 15 };
    void *work = allocate((size_t)pylm_work_nbytes(model)), *overlay = allocate(OVERLAY_NBYTES);
    pylm_sampler sampler = {{60000, 20, 60000, 100, 70000, 1}, NULL, 0, 1};
    pylm_part *parts = allocate(pylm_n_parts(model) * sizeof *parts);
    pylm_state states[N_STATES], *pointers[N_STATES];
    pylm_candidate best[60];
    uint32_t symbols[N_STATES], symbol, i, call, n;
    uint64_t ends[N_STATES], costs[N_STATES], *q62;
    pylm_info info;
    pylm_model_info(model, &info);
    q62 = allocate(info.n_symbols * sizeof *q62);
    for (i = 0; i < N_STATES; i++) {
        pylm_state_init(model, &states[i]);
        pointers[i] = &states[i];
        ends[i] = i + 1u;
    }
    CHECK(pylm_overlay_init(model, overlay, OVERLAY_NBYTES) == PYLM_OK);
    CHECK(pylm_state_attach(model, &states[LEARNS], overlay, OVERLAY_NBYTES) == PYLM_OK);
    for (call = 0; call < N_CALLS; call++) {
        for (i = 0; i < N_STATES; i++)
            symbols[i] = (call * 7u + i * 31u) % info.n_symbols;
        CHECK(pylm_score_many(model, pointers, symbols, ends, N_STATES, work, costs) == PYLM_OK);
        CHECK(pylm_cost_many(model, &states[1], symbols, ends, N_STATES, work, costs) == PYLM_OK);
        pylm_top_many(model, pointers, 4, 3, work, best);
        CHECK(pylm_sample(model, &states[2], &sampler, work, best, 60, &symbol) == PYLM_OK);
        pylm_distribution(model, &states[call % N_STATES], work, q62);
        (void)pylm_explain(model, &states[3], symbols[0], work, parts, &n);
    }
    free(q62);
    free(parts);
    free(overlay);
    free(work);
    return NULL;
}

static void run_threads(void *(*act)(void *), void *argument)
{
    pthread_t threads[N_THREADS];
    uint32_t i;
    for (i = 0; i < N_THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, act, argument) == 0);
    for (i = 0; i < N_THREADS; i++)
        REQUIRE(pthread_join(threads[i], NULL) == 0);
}

/* Two threads that count in one place without a lock. */
static void *race(void *argument)
{
    uint64_t *count = argument;
    ++*count;
    return NULL;
}

static void make_race(const char *threads)
{
    uint64_t count = 0;
    int i;
    if (strcmp(threads, "pthreads") == 0) {
        run_threads(race, &count);
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads(N_THREADS)
    for (i = 0; i < (int)N_THREADS; i++)
        (void)race(&count);
}

int main(int n_arguments, char **arguments)
{
    int kind;
    if (n_arguments > 1) {
        make_race(arguments[1]);
        return finish();
    }
    train_all();
    for (kind = 0; kind < N_KINDS; kind++) {
        struct image_and_model made = open_kind(kind);
        if (kind != KIND_EXTERNAL) /* there, texts are encoded by somebody else */
            score_in_bulk(&made.model);
        run_threads(serve, &made.model);
        free(made.image.data);
    }
    puts("training, scoring in bulk and eight threads on one model of each kind");
    return finish();
}
