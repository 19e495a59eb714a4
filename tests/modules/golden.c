/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * golden.c: the golden scores by an engine of some modules. What needs a module that is left out is refused.
 *
 *     golden FOLDER        FOLDER: tests/golden
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pylm.h"

#include "core/config.h"
#include "core/hash.h"
#include "core/image.h"
#if PYLM_MODULE_TEXT
#include "pylm_text.h"
#endif
#if PYLM_MODULE_ADAPT
#include "pylm_adapt.h"
#endif

#define MAX_NBYTES (1u << 22)
#define OVERLAY_NBYTES 65536u
#define MAX_SYMBOLS 20000u

static int n_failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                              \
            n_failures++;                                                                                              \
        }                                                                                                              \
    } while (0)

struct file {
    unsigned char *data;
    size_t nbytes;
};

static const char *folder;
static struct file text;

static struct file read_file(const char *name)
{
    struct file content;
    char path[4096];
    FILE *file;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    content.data = malloc(MAX_NBYTES);
    content.nbytes = file && content.data ? fread(content.data, 1, MAX_NBYTES, file) : 0u;
    if (file)
        (void)fclose(file);
    if (!content.nbytes || content.nbytes == MAX_NBYTES) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    return content;
}

/* A number of scores.txt; 0 if it has none of that name. */
static uint64_t expected(const char *model, const char *what)
{
    struct file scores = read_file("scores.txt");
    char found_model[32], found_what[32];
    unsigned long long value;
    uint64_t found = 0;
    const char *line = (const char *)scores.data;
    scores.data[scores.nbytes] = '\0';
    for (; line && sscanf(line, "%31s %31s %llu", found_model, found_what, &value) == 3; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strcmp(found_model, model) == 0 && strcmp(found_what, what) == 0)
            found = value;
    }
    free(scores.data);
    return found;
}

/* The golden text as symbols; 0 of them if that needs the module text. */
static uint64_t symbols_of(const pylm_model *model, uint32_t *symbols)
{
    uint64_t i;
    pylm_info info;
    pylm_model_info(model, &info);
    if (info.tokenizer == PYLM_TOKENIZER_BYTES || info.tokenizer == PYLM_TOKENIZER_EXTERNAL) {
        for (i = 0; i < text.nbytes; i++) /* the golden external ids are bytes */
            symbols[i] = text.data[i];
        return i;
    }
#if PYLM_MODULE_TEXT
    {
        uint64_t position = 0, n = MAX_SYMBOLS;
        CHECK(pylm_encode(model, text.data, text.nbytes, PYLM_TEXT_CLOSED, &position, symbols, &n) == PYLM_OK);
        return n;
    }
#else
    return 0;
#endif
}

#if PYLM_MODULE_ADAPT
/* The cost of a text that is read twice by a state that learns. */
static uint64_t learned_cost(const pylm_model *model, const uint32_t *symbols, uint64_t n, void *work)
{
    static uint64_t overlay[OVERLAY_NBYTES / 8u];
    uint64_t first = 0, second = 0;
    pylm_state state;
    CHECK(pylm_overlay_init(model, overlay, sizeof overlay) == PYLM_OK);
    CHECK(pylm_state_attach(model, &state, overlay, sizeof overlay) == PYLM_OK);
    CHECK(pylm_score(model, &state, symbols, n, work, NULL, &first) == PYLM_OK);
    CHECK(pylm_score(model, &state, symbols, n, work, NULL, &second) == PYLM_OK);
    return first + second;
}
#endif

/* Returns how many symbols were scored. */
static uint64_t score(const char *name, const struct file *image)
{
    static uint32_t symbols[MAX_SYMBOLS];
    pylm_model model;
    pylm_state state;
    uint64_t n, cost = 0;
    void *work;
    if (pylm_model_open(&model, image->data, image->nbytes) != PYLM_OK) {
        CHECK(!"the model can be opened");
        return 0;
    }
    n = symbols_of(&model, symbols);
    work = malloc((size_t)pylm_work_nbytes(&model));
    if (n && work) {
        pylm_state_init(&model, &state);
        CHECK(pylm_score(&model, &state, symbols, n, work, NULL, &cost) == PYLM_OK);
        CHECK(cost == expected(name, "cost"));
#if PYLM_MODULE_ADAPT
        if (expected(name, "learned")) /* a kernel does not learn */
            CHECK(learned_cost(&model, symbols, n, work) == expected(name, "learned"));
#endif
    }
    free(work);
    return n;
}

/* Makes the checksum of a head right that was changed. */
static void sign_head(struct file *image)
{
    uint32_t head_nbytes = pylm__load32(image->data + PYLM__H_HEAD_NBYTES);
    pylm__store64(image->data + PYLM__H_HEAD_CHECKSUM,
                  pylm__checksum(image->data + PYLM__H_TOKENIZER, head_nbytes - PYLM__H_TOKENIZER));
}

/* Says of a model that it has topic vectors: without the module it is refused as more than this library can. With it,
 * since there are none. */
static void check_topic(struct file *image)
{
    pylm_model model;
    pylm__store64(image->data + PYLM__H_TOPIC, 1);
    sign_head(image);
    CHECK(pylm_model_open(&model, image->data, image->nbytes) ==
          (PYLM_MODULE_TOPIC ? PYLM_ERR_DAMAGED : PYLM_ERR_LARGE));
    pylm__store64(image->data + PYLM__H_TOPIC, 0);
    sign_head(image);
    CHECK(pylm_model_open(&model, image->data, image->nbytes) == PYLM_OK);
    CHECK(sizeof(pylm_state) == (PYLM_MODULE_TOPIC ? 640u : PYLM_MODULE_LAYOUT ? 432u : 128u));
}

/* Likewise that it has a voice, or something else in its place. */
static void check_voice(struct file *image)
{
    pylm_model model;
    image->data[PYLM__H_VOICE] = 2;
    sign_head(image);
    CHECK(pylm_model_open(&model, image->data, image->nbytes) ==
          (PYLM_MODULE_VOICE ? PYLM_ERR_DAMAGED : PYLM_ERR_LARGE));
    image->data[PYLM__H_VOICE] = 0;
    sign_head(image);
    CHECK(pylm_model_open(&model, image->data, image->nbytes) == PYLM_OK);
}

/* Says of a model that it is a layer: a model is not opened as one, a layer not without its base. */
static void check_layer(struct file *image)
{
    pylm_model model;
#if PYLM_MODULE_ADAPT
    pylm_model base;
    struct file base_image = read_file("pieces.pylm");
    CHECK(pylm_model_open(&base, base_image.data, base_image.nbytes) == PYLM_OK);
    CHECK(pylm_layer_open(&model, &base, image->data, image->nbytes) == PYLM_ERR_LAYER);
#endif
    image->data[PYLM__H_IS_LAYER] = 1;
    sign_head(image);
    CHECK(pylm_model_open(&model, image->data, image->nbytes) == PYLM_ERR_LAYER);
#if PYLM_MODULE_ADAPT
    CHECK(pylm_layer_open(&model, &base, image->data, image->nbytes) == PYLM_ERR_BASE); /* but it was made for none */
    free(base_image.data);
#endif
}

static int has_voice(const char *name)
{
    return strcmp(name, "bytes") == 0 || strcmp(name, "words") == 0 || strcmp(name, "trees") == 0;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"bytes", "external", "words", "pieces", "trees", "sized", "kernel", "topics"};
    unsigned i, n_scored = 0, n_expected;
    pylm_model model;
    if (argc != 2)
        return EXIT_FAILURE;
    folder = argv[1];
    text = read_file("text.txt");
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        char name[32];
        struct file image;
        (void)snprintf(name, sizeof name, "%s.pylm", names[i]);
        image = read_file(name);
        if ((strcmp(names[i], "kernel") == 0 && !PYLM_MODULE_KERNEL) ||
            (strcmp(names[i], "topics") == 0 && !PYLM_MODULE_TOPIC) ||
            (strcmp(names[i], "bytes") == 0 && !PYLM_MODULE_LAYOUT) || (has_voice(names[i]) && !PYLM_MODULE_VOICE))
            CHECK(pylm_model_open(&model, image.data, image.nbytes) == PYLM_ERR_LARGE);
        else
            n_scored += score(names[i], &image) > 0;
        if (strcmp(names[i], "pieces") == 0) {
            check_topic(&image);
            check_voice(&image);
            check_layer(&image);
        }
        free(image.data);
    }
    n_expected = PYLM_MODULE_TEXT ? 3u + 2u * PYLM_MODULE_VOICE + PYLM_MODULE_KERNEL + PYLM_MODULE_TOPIC : 1u;
    CHECK(n_scored == n_expected + (PYLM_MODULE_LAYOUT && PYLM_MODULE_VOICE));
    free(text.data);
    return n_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
