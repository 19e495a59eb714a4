/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training: what must not change a model: a limit of memory, writing it to a file at once, the order of the documents.
 */
#include "check.h"

#define PATH "test_memory.tmp.pylm"
enum { N_WORDS = 1500, N_DOCUMENTS = 9 };

static void set_kind(pylm_train_options *options, int kind)
{
    pylm_train_options_init(options);
    options->tokenizer = kind == KIND_EXTERNAL ? PYLM_TOKENIZER_EXTERNAL
                         : kind == KIND_PIECES ? PYLM_TOKENIZER_PIECES
                         : kind > KIND_BYTES   ? PYLM_TOKENIZER_WORDS
                                               : PYLM_TOKENIZER_BYTES;
    options->n_trees = kind == KIND_TREES ? 2 : 1;
    options->n_pieces = 330;
    options->max_nbytes = kind == KIND_SIZED ? 60000u : 0u;
    options->n_classes[0] = options->n_classes[1] = 20;
}

static pylm_trainer *new_trainer(const pylm_train_options *options)
{
    pylm_trainer *trainer;
    REQUIRE(pylm_trainer_new(&trainer, options) == PYLM_OK);
    if (options->tokenizer == PYLM_TOKENIZER_EXTERNAL)
        give_vocabulary(trainer);
    return trainer;
}

static void add(pylm_trainer *trainer, const pylm_train_options *options, const char *text, size_t nbytes)
{
    uint32_t *ids = allocate(nbytes * sizeof *ids);
    size_t i;
    for (i = 0; i < nbytes; i++)
        ids[i] = ID_OF((unsigned char)text[i]);
    if (options->tokenizer == PYLM_TOKENIZER_EXTERNAL)
        REQUIRE(pylm_trainer_add_ids(trainer, ids, nbytes, 0, NULL) == PYLM_OK);
    else
        REQUIRE(pylm_trainer_add(trainer, text, nbytes, NULL) == PYLM_OK);
    free(ids);
}

static int is_same(struct image a, const void *data, uint64_t nbytes)
{
    return a.nbytes == nbytes && memcmp(a.data, data, a.nbytes) == 0;
}

/* Trains into a file and compares that. */
static void check_file(const pylm_train_options *options, const char *text, size_t text_nbytes, struct image expected)
{
    pylm_trainer *trainer = new_trainer(options);
    const void *data;
    uint64_t nbytes, written;
    add(trainer, options, text, text_nbytes);
    REQUIRE(pylm_trainer_save(trainer, PATH, NULL, &written) == PYLM_OK);
    pylm_trainer_free(trainer);
    REQUIRE(pylm_file_map(PATH, &data, &nbytes) == PYLM_OK);
    CHECK(written == nbytes && is_same(expected, data, nbytes));
    pylm_file_unmap(data, nbytes);
    CHECK(remove(PATH) == 0);
}

static void test_limit(int kind)
{
    pylm_train_options options;
    pylm_trainer *trainer;
    struct image expected, image;
    size_t text_nbytes;
    char *text = make_text(N_WORDS, 3, &text_nbytes);
    const void *built;
    uint64_t smallest;
    set_kind(&options, kind);
    trainer = new_trainer(&options);
    add(trainer, &options, text, text_nbytes);
    expected = build(trainer);

    options.max_memory = 1;
    trainer = new_trainer(&options);
    add(trainer, &options, text, text_nbytes);
    CHECK(pylm_trainer_build(trainer, NULL, &built, &smallest) == PYLM_ERR_MEMORY);
    CHECK(smallest > 1000000u && smallest < 200000000u);
    CHECK(pylm_trainer_build(trainer, NULL, &built, &smallest) == PYLM_ERR_ARGUMENT);
    pylm_trainer_free(trainer);

    options.memory_is_wish = 1;
    trainer = new_trainer(&options);
    add(trainer, &options, text, text_nbytes);
    image = build(trainer);
    CHECK(is_same(expected, image.data, image.nbytes));
    free(image.data);
    options.max_memory = smallest;
    options.memory_is_wish = 0;
    options.n_threads = 3;
    check_file(&options, text, text_nbytes, expected);
    free(expected.data);
    free(text);
}

/* Documents, two of which are equal and one of which is empty, from number `first` on, upwards or downwards. */
static struct image train_documents(int kind, const char *text, size_t nbytes, int first, int step)
{
    pylm_train_options options;
    pylm_trainer *trainer;
    int i, d = first;
    set_kind(&options, kind);
    trainer = new_trainer(&options);
    for (i = 0; i < N_DOCUMENTS; i++, d = (d + step + N_DOCUMENTS) % N_DOCUMENTS) {
        int k = d == 7 ? 3 : d; /* the eighth is the fourth again */
        size_t begin = nbytes * (size_t)k / N_DOCUMENTS, end = nbytes * ((size_t)k + 1u) / N_DOCUMENTS;
        add(trainer, &options, text + begin, d == 5 ? 0u : end - begin);
    }
    return build(trainer);
}

static void test_order(int kind)
{
    size_t nbytes;
    char *text = make_text(N_WORDS, 5, &nbytes);
    struct image one = train_documents(kind, text, nbytes, 0, 1);
    struct image other = train_documents(kind, text, nbytes, 4, 1);
    struct image third = train_documents(kind, text, nbytes, 6, -1);
    CHECK(is_same(one, other.data, other.nbytes));
    CHECK(is_same(one, third.data, third.nbytes));
    free(one.data);
    free(other.data);
    free(third.data);
    free(text);
}

/* Adds a document in parts that end with lines: some empty, some of one line. */
static void add_parts(pylm_trainer *trainer, const char *text, size_t nbytes)
{
    size_t begin = 0, end, i;
    uint64_t seed = 4;
    for (end = i = 0; i < nbytes; i++) {
        if (text[i] != '\n' || i - begin < random_number(&seed) % 700u)
            continue;
        end = i + 1u;
        REQUIRE(pylm_trainer_add_part(trainer, text + begin, end - begin, 0, NULL) == PYLM_OK);
        begin = end;
        REQUIRE(pylm_trainer_add_part(trainer, text + begin, 0, 0, NULL) == PYLM_OK);
    }
    CHECK(pylm_trainer_add(trainer, "x", 1, NULL) == PYLM_ERR_ARGUMENT);
    REQUIRE(pylm_trainer_add_part(trainer, text + begin, nbytes - begin, 1, NULL) == PYLM_OK);
}

static void test_parts(int kind)
{
    pylm_train_options options;
    pylm_trainer *trainer;
    struct image one, other;
    size_t nbytes;
    char *text = make_text(N_WORDS, 6, &nbytes), *whole = allocate(nbytes + 3u);
    set_kind(&options, kind);
    memcpy(whole, text, nbytes);
    memcpy(whole + nbytes, "end", 3);
    trainer = new_trainer(&options);
    add(trainer, &options, whole, nbytes + 3u);
    add(trainer, &options, text, nbytes);
    one = build(trainer);
    trainer = new_trainer(&options);
    add(trainer, &options, text, nbytes);
    add_parts(trainer, whole, nbytes + 3u);
    other = build(trainer);
    CHECK(is_same(one, other.data, other.nbytes));
    free(one.data);
    free(other.data);
    free(whole);
    free(text);
}

static void test_wrong_parts(void)
{
    pylm_train_options options;
    pylm_trainer *trainer;
    const void *image;
    uint64_t nbytes;
    set_kind(&options, KIND_WORDS);
    trainer = new_trainer(&options);
    CHECK(pylm_trainer_add_part(trainer, "half a wo", 9, 0, NULL) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_trainer_add_part(trainer, "a line\n", 7, 0, NULL) == PYLM_OK);
    CHECK(pylm_trainer_build(trainer, NULL, &image, &nbytes) == PYLM_ERR_ARGUMENT); /* it has not ended */
    pylm_trainer_free(trainer);
    set_kind(&options, KIND_EXTERNAL);
    trainer = new_trainer(&options);
    CHECK(pylm_trainer_add_part(trainer, "a", 1, 1, NULL) == PYLM_ERR_ARGUMENT);
    pylm_trainer_free(trainer);
}

static void test_failures(void)
{
    pylm_train_options options;
    pylm_trainer *trainer;
    uint64_t nbytes;
    set_kind(&options, 0);
    options.memory_is_wish = 2;
    CHECK(pylm_trainer_new(&trainer, &options) == PYLM_ERR_ARGUMENT);
    options.memory_is_wish = 0;
    trainer = new_trainer(&options);
    add(trainer, &options, "some text", 9);
    CHECK(pylm_trainer_save(trainer, "no such folder/model", NULL, &nbytes) == PYLM_ERR_FILE);
    pylm_trainer_free(trainer);
}

int main(void)
{
    int kind;
    for (kind = 0; kind < N_TRAINED_KINDS; kind++)
        test_limit(kind);
    for (kind = 0; kind < N_TRAINED_KINDS; kind += 1 + kind % 2) /* bytes, words, pieces, external */
        test_order(kind);
    test_parts(KIND_BYTES);
    test_parts(KIND_WORDS);
    test_parts(KIND_PIECES);
    test_wrong_parts();
    test_failures();
    return finish();
}
