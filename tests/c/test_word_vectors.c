/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training, word vectors: they tell topics apart, and do not depend on threads.
 */
#include <math.h>

#include "check.h"
#include "train/text/prepare.h"
#include "train/topic/eigen.h"
#include "train/topic/readings.h"
#include "train/topic/word_vectors.h"

#define N_RUNS 200u
#define RUN 150u /* words on the same topic */
#define N_DOCUMENTS 100u
#define LONGEST 100u /* of them, words */

static void prepare(struct pylm__corpus *corpus, const char *const *texts, uint32_t n)
{
    struct pylm__vocabulary_limits limits = {0, 1, 0, 1};
    uint32_t i;
    REQUIRE(pylm__corpus_init(corpus, PYLM_TOKENIZER_WORDS) == PYLM_OK);
    for (i = 0; i < n; i++)
        REQUIRE(pylm__corpus_add(corpus, (const uint8_t *)texts[i], strlen(texts[i]), NULL) == PYLM_OK);
    REQUIRE(pylm__corpus_prepare(corpus, &limits, 1, NULL) == PYLM_OK);
}

/* A corpus of two topics, "a" and "b", of n_words each, which never mix. */
static void make_topics(struct pylm__corpus *corpus, uint32_t n_words)
{
    char *text = allocate(8u * N_RUNS * RUN + 1u), *at = text;
    const char *texts[1];
    uint64_t seed = 1;
    uint32_t i;
    for (i = 0; i < N_RUNS * RUN; i++)
        at += sprintf(at, "%c%u ", i / RUN % 2u ? 'b' : 'a', (unsigned)(random_number(&seed) % n_words));
    texts[0] = text;
    prepare(corpus, texts, 1);
    free(text);
}

/* Of a text without held-out blocks. */
static uint64_t part_begin(uint64_t n, uint32_t part)
{
    return n * part / PYLM__TOPIC_PARTS;
}

/* With parts of equal length.
 *   distance   0: those of topics */
static struct pylm__neighbourhood around(const struct pylm__corpus *corpus, const uint8_t *use, uint32_t distance)
{
    struct pylm__neighbourhood result;
    uint32_t part;
    memset(&result, 0, sizeof result);
    result.corpus = corpus;
    result.distance = distance;
    result.n = PYLM__TOPIC_PARTS;
    memcpy(result.use, use, PYLM__TOPIC_PARTS);
    for (part = 0; part <= PYLM__TOPIC_PARTS; part++)
        result.bounds[part] = part_begin(corpus->n, part);
    return result;
}

static struct pylm__word_vectors find_at(const struct pylm__corpus *corpus, const uint8_t *use, uint32_t distance,
                                         uint32_t n_threads)
{
    struct pylm__word_vectors v;
    struct pylm__neighbourhood pairs = around(corpus, use, distance);
    REQUIRE(pylm__word_vectors_find(&v, &pairs, n_threads, NULL) == PYLM_OK);
    CHECK(v.n_symbols == corpus->n_symbols);
    return v;
}

static struct pylm__word_vectors find(const struct pylm__corpus *corpus, const uint8_t *use, uint32_t n_threads)
{
    return find_at(corpus, use, 0, n_threads);
}

static void use_all(uint8_t *use)
{
    memset(use, 1, PYLM__TOPIC_PARTS);
}

static double product(const struct pylm__word_vectors *v, uint32_t a, uint32_t b)
{
    double sum = 0;
    uint32_t k;
    for (k = 0; k < PYLM__TOPIC_DIMS; k++)
        sum += (double)v->vectors[(size_t)a * PYLM__TOPIC_DIMS + k] * v->vectors[(size_t)b * PYLM__TOPIC_DIMS + k];
    return sum;
}

static char topic_of(const struct pylm__corpus *corpus, uint32_t symbol)
{
    uint64_t nbytes;
    const uint8_t *text = pylm__string_text(&corpus->vocabulary, symbol, &nbytes);
    return nbytes > 1u && (text[0] == 'a' || text[0] == 'b') ? (char)text[0] : '\0';
}

/* The first direction, that of the largest eigenvalue, is the topic. */
static void test_topics(uint32_t n_words)
{
    struct pylm__corpus corpus;
    struct pylm__word_vectors v;
    uint8_t use[PYLM__TOPIC_PARTS];
    uint32_t a, b, n_same = 0, n_other = 0, wrong = 0;
    use_all(use);
    make_topics(&corpus, n_words);
    v = find(&corpus, use, 1);
    for (a = 0; a < v.n_symbols; a++) {
        for (b = 0; b < a; b++) {
            char first = topic_of(&corpus, a), second = topic_of(&corpus, b);
            if (!first || !second)
                continue;
            n_same += first == second;
            n_other += first != second;
            wrong += (v.vectors[(size_t)a * PYLM__TOPIC_DIMS] * v.vectors[(size_t)b * PYLM__TOPIC_DIMS] > 0) !=
                     (first == second);
        }
    }
    CHECK(n_same == n_words * (n_words - 1u) && n_other == n_words * n_words);
    CHECK(wrong == 0);
    for (a = 0; a < v.n_symbols; a++) {
        CHECK(v.gain[a] > 0 && v.gain[a] <= 1 && v.keep[a] <= 1 && (v.keep[a] == 0 || v.keep[a] >= 0.02f));
        CHECK(product(&v, a, a) < 1e6);
    }
    pylm__word_vectors_free(&v);
    pylm__corpus_free(&corpus);
}

static int are_equal(const struct pylm__word_vectors *a, const struct pylm__word_vectors *b)
{
    return a->n_symbols == b->n_symbols &&
           !memcmp(a->vectors, b->vectors, (size_t)a->n_symbols * PYLM__TOPIC_DIMS * sizeof *a->vectors) &&
           !memcmp(a->gain, b->gain, a->n_symbols * sizeof *a->gain) &&
           !memcmp(a->keep, b->keep, a->n_symbols * sizeof *a->keep);
}

static void test_threads(void)
{
    static const uint32_t n_threads[] = {2, 7};
    struct pylm__corpus corpus;
    struct pylm__word_vectors v, other;
    uint8_t use[PYLM__TOPIC_PARTS];
    uint32_t i;
    use_all(use);
    use[4] = use[5] = use[11] = 0;
    make_topics(&corpus, 60);
    v = find(&corpus, use, 1);
    for (i = 0; i < 2u; i++) {
        other = find(&corpus, use, n_threads[i]);
        CHECK(are_equal(&v, &other));
        pylm__word_vectors_free(&other);
    }
    pylm__word_vectors_free(&v);
    pylm__corpus_free(&corpus);
}

/* What is not used does not matter; without anything there are no vectors. */
static void test_use(void)
{
    struct pylm__corpus corpus;
    struct pylm__word_vectors v, other;
    uint8_t use[PYLM__TOPIC_PARTS];
    uint64_t p;
    uint32_t i;
    use_all(use);
    use[7] = 0;
    make_topics(&corpus, 60);
    v = find(&corpus, use, 1);
    for (p = part_begin(corpus.n, 7); p < part_begin(corpus.n, 8); p++)
        pylm__set_symbol(&corpus, p, 5);
    other = find(&corpus, use, 2);
    CHECK(are_equal(&v, &other));
    pylm__word_vectors_free(&other);
    memset(use, 0, sizeof use);
    other = find(&corpus, use, 2);
    for (i = 0; i < other.n_symbols * PYLM__TOPIC_DIMS; i++)
        CHECK(other.vectors[i] == 0);
    pylm__word_vectors_free(&other);
    pylm__word_vectors_free(&v);
    pylm__corpus_free(&corpus);
}

static int is_used(const struct pylm__corpus *corpus, const uint8_t *use, uint64_t position)
{
    uint32_t part = 0;
    while (position >= part_begin(corpus->n, part + 1u))
        part++;
    return use[part];
}

/* The counts of both sides; for topics both are the same. */
static void add_up(const struct pylm__neighbourhood *pairs, const float *weights, float counts[2][16][16])
{
    const struct pylm__corpus *corpus = pairs->corpus;
    uint32_t i, n = pairs->distance ? 1u : PYLM__TOPIC_DISTANCES;
    uint64_t d, p, begin = 0;
    memset(counts, 0, 2u * sizeof *counts);
    for (d = 0; d < corpus->n_documents; begin = corpus->document_ends[d++])
        for (p = begin; p < corpus->document_ends[d]; p++)
            for (i = 0; i < n; i++) {
                uint64_t distance = pairs->distance ? pairs->distance : pylm__topic_distances[i], before = p - distance;
                uint32_t first, second = pylm__symbol(corpus, p);
                float weight;
                if (p - begin < distance || !is_used(corpus, pairs->use, before) || !is_used(corpus, pairs->use, p))
                    continue;
                first = pylm__symbol(corpus, before);
                weight = weights[first] * weights[second];
                counts[0][first][second] += weight;
                counts[pairs->distance ? 1 : 0][second][first] += weight;
            }
}

static void check_rows(const struct pylm__pair_rows *rows, uint32_t n_symbols, float counts[16][16])
{
    uint32_t i, k;
    for (i = 0; i < n_symbols; i++) {
        for (k = 0; k < rows->n_pairs[i]; k++) {
            float *count = &counts[i][rows->rows[i][k].symbol];
            CHECK(*count > 0 && fabs((double)rows->rows[i][k].value - sqrt((double)*count)) < 1e-4);
            *count = 0;
        }
        for (k = 0; k < n_symbols; k++)
            CHECK(counts[i][k] == 0);
    }
}

static void check_pairs(const struct pylm__neighbourhood *pairs, const float *weights)
{
    float counts[2][16][16];
    struct pylm__pair_counts found;
    uint32_t side;
    add_up(pairs, weights, counts);
    REQUIRE(pylm__pair_counts_find(&found, pairs, weights, 2, NULL) == PYLM_OK);
    CHECK(found.n_sides == (pairs->distance ? 2u : 1u));
    for (side = 0; side < found.n_sides; side++)
        check_rows(&found.sides[side], pairs->corpus->n_symbols, counts[side]);
    pylm__pair_counts_free(&found);
}

/* Pairs are counted as a plain loop does it, within documents and parts in use. */
static void test_pairs(void)
{
    char texts[N_DOCUMENTS][2u * LONGEST + 1u];
    const char *pointers[N_DOCUMENTS];
    struct pylm__corpus corpus;
    struct pylm__neighbourhood pairs;
    uint8_t use[PYLM__TOPIC_PARTS];
    float weights[16];
    uint64_t seed = 1;
    uint32_t i, k;
    for (i = 0; i < N_DOCUMENTS; i++) {
        uint32_t n = i % 8u ? 1u + (uint32_t)(random_number(&seed) % LONGEST) : 1u;
        pointers[i] = texts[i];
        for (k = 0; k < n; k++)
            (void)snprintf(texts[i] + (size_t)2u * k, 3, "%c ", (char)('a' + random_number(&seed) % 8u));
    }
    use_all(use);
    use[0] = use[3] = use[12] = use[13] = 0;
    prepare(&corpus, pointers, N_DOCUMENTS);
    REQUIRE(corpus.n_symbols <= 16u);
    for (i = 0; i < corpus.n_symbols; i++)
        weights[i] = i == 1u ? 0.0f : 1.0f / (float)(i + 1u);
    for (i = 0; i < 4u; i++) {
        pairs = around(&corpus, use, i);
        check_pairs(&pairs, weights);
    }
    pylm__corpus_free(&corpus);
}

static uint32_t symbol_of(const struct pylm__corpus *corpus, char letter)
{
    uint32_t symbol = 0;
    uint64_t nbytes;
    while (*pylm__string_text(&corpus->vocabulary, symbol, &nbytes) != (uint8_t)letter || nbytes != 1u)
        symbol++;
    return symbol;
}

/* The vectors of what comes next are right singular vectors: a symbol behind which, two back, all stand alike has the
 * same as another one. */
static void test_next(void)
{
    static const char *const phrases[] = {"u x p ", "u x q ", "v x r ", "v x s "};
    static char text[8u * 3000u];
    const char *texts[] = {text};
    struct pylm__corpus corpus;
    struct pylm__word_vectors v, other;
    uint8_t use[PYLM__TOPIC_PARTS];
    uint64_t seed = 3;
    char *at = text;
    uint32_t i, of[4];
    for (i = 0; i < 3000u; i++)
        at += sprintf(at, "%s", phrases[random_number(&seed) % 4u]);
    use_all(use);
    prepare(&corpus, texts, 1);
    v = find_at(&corpus, use, 2, 1);
    other = find_at(&corpus, use, 2, 2);
    CHECK(memcmp(v.vectors, other.vectors, (size_t)v.n_symbols * PYLM__TOPIC_DIMS * sizeof *v.vectors) == 0);
    for (i = 0; i < corpus.n_symbols; i++)
        CHECK(v.keep[i] == (i == corpus.unknown ? 0.0f : 1.0f) && v.gain[i] == v.keep[i]);
    for (i = 0; i < 4u; i++)
        of[i] = symbol_of(&corpus, "pqrs"[i]);
    CHECK(product(&v, of[0], of[1]) > 0.9 * product(&v, of[0], of[0]));
    CHECK(product(&v, of[2], of[3]) > 0.9 * product(&v, of[2], of[2]));
    CHECK(product(&v, of[0], of[2]) < 0);
    pylm__word_vectors_free(&v);
    pylm__word_vectors_free(&other);
    pylm__corpus_free(&corpus);
}

static void test_tiny(void)
{
    static const char *const texts[] = {"a a a a a a a a a a a a a a a a a a", "a", "\n\n\n\n\n\n\n\n\n\n\n\n"};
    struct pylm__corpus corpus;
    struct pylm__word_vectors v;
    uint8_t use[PYLM__TOPIC_PARTS];
    uint32_t i, k;
    use_all(use);
    for (i = 0; i < 3u; i++) {
        prepare(&corpus, texts + i, 1);
        v = find(&corpus, use, 2);
        CHECK(v.n_symbols == (i < 2u ? 3u : 2u));
        for (k = 0; k < v.n_symbols * PYLM__TOPIC_DIMS; k++)
            CHECK(isfinite(v.vectors[k]));
        pylm__word_vectors_free(&v);
        pylm__corpus_free(&corpus);
    }
}

static void test_cancel(void)
{
    struct pylm__corpus corpus;
    struct pylm__word_vectors v;
    uint8_t use[PYLM__TOPIC_PARTS];
    struct pylm__neighbourhood pairs;
    pylm_task task = {1, 0, 0, 0};
    use_all(use);
    make_topics(&corpus, 60);
    pairs = around(&corpus, use, 0);
    CHECK(pylm__word_vectors_find(&v, &pairs, 2, &task) == PYLM_ERR_CANCELLED);
    pylm__word_vectors_free(&v);
    pylm__corpus_free(&corpus);
}

/* Eigenvectors of a matrix that is known by them, one of its eigenvalues twice and of opposite signs. */
static void test_eigen(void)
{
    enum { SIZE = 4 };
    double a[SIZE * SIZE] = {2, 1, 0, 0, 1, 2, 0, 0, 0, 0, 0, -3, 0, 0, -3, 0}, values[SIZE], vectors[SIZE * SIZE];
    double copy[SIZE * SIZE];
    uint32_t i, j, k;
    memcpy(copy, a, sizeof a);
    pylm__eigen(a, SIZE, values, vectors);
    CHECK(fabs(fabs(values[0]) - 3) < 1e-12 && fabs(fabs(values[2]) - 3) < 1e-12 && fabs(values[3] - 1) < 1e-12);
    for (k = 0; k < SIZE; k++) {
        for (i = 0; i < SIZE; i++) {
            double sum = 0;
            for (j = 0; j < SIZE; j++)
                sum += copy[i * SIZE + j] * vectors[j * SIZE + k];
            CHECK(fabs(sum - values[k] * vectors[i * SIZE + k]) < 1e-12);
        }
    }
}

/* The sections cover the text, and a held-out block is one. What is behind it, up to the end of its part, is another. If
 * most of the text is held out, blocks are in two groups. */
static void test_sections(uint64_t n, uint32_t n_blocks, uint64_t longest)
{
    struct pylm__readings readings;
    struct pylm__heldout heldout;
    struct pylm__corpus corpus;
    uint64_t end = 0;
    uint32_t i, part, number, n_held_out = 0;
    memset(&heldout, 0, sizeof heldout);
    memset(&corpus, 0, sizeof corpus);
    corpus.n = n;
    heldout.n_blocks = n_blocks;
    for (i = 0; i < n_blocks; i++) {
        part = (2u * i + 1u) * PYLM__TOPIC_PARTS / (2u * n_blocks);
        heldout.begins[i] = part_begin(n, part);
        heldout.ends[i] = part_begin(n, part + 1u);
        if (heldout.ends[i] - heldout.begins[i] > longest)
            heldout.ends[i] = heldout.begins[i] + longest;
        heldout.n_symbols += heldout.ends[i] - heldout.begins[i];
    }
    pylm__readings_lay_out(&readings, &corpus, &heldout, UINT64_MAX);
    for (number = 0; number < readings.n_sections; number++) {
        const struct pylm__section *section = &readings.sections[number];
        CHECK(section->begin == end && section->first == end && section->last == section->end);
        end = section->end;
        CHECK(section->begin >= part_begin(n, section->part) && end <= part_begin(n, section->part + 1u));
        CHECK(number >= readings.first_section[section->part] && number < readings.first_section[section->part + 1u]);
        for (i = 0; i < n_blocks && heldout.begins[i] != section->begin; i++)
            continue;
        CHECK((section->group == PYLM__TOPIC_COMMON) == (i == n_blocks));
        if (i < n_blocks) {
            CHECK(section->end == heldout.ends[i]);
            n_held_out++;
        }
    }
    CHECK(end == n && readings.n_positions == n && n_held_out == n_blocks);
    CHECK(readings.first_section[PYLM__TOPIC_PARTS] == readings.n_sections);
    CHECK((readings.has_second != 0) == (n_blocks > 1 && heldout.n_symbols > n / 2u + n / 40u));
}

int main(void)
{
    test_sections(1000, 3, 20);
    test_sections(1000, 7, 50);
    test_sections(1000, 20, 20);
    test_sections(1007, 20, 1000);
    test_sections(1000000, 8, PYLM__MAX_BLOCK);
    test_sections(30000000, 20, PYLM__MAX_BLOCK);
    test_eigen();
    test_pairs();
    test_topics(30); /* fewer symbols than vectors that are looked for */
    test_topics(60);
    test_threads();
    test_use();
    test_next();
    test_tiny();
    test_cancel();
    return finish();
}
