/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Sources, n-grams: counts, longest suffixes and followers, against a search of everything; and files made by an enemy.
 */
#define PATH "test_ngrams.tmp"
#include "sources_texts.h"

#define N_ROUNDS 120

static uint64_t n_documents;

static int same_word(const pylm_follower *a, const pylm_follower *b)
{
    return a->nbytes == b->nbytes && memcmp(a->word, b->word, (size_t)a->nbytes) == 0;
}

/* Whether a comes before b, by how often they follow, and then by their bytes. */
static int before(const pylm_follower *a, const pylm_follower *b)
{
    uint64_t n = a->nbytes < b->nbytes ? a->nbytes : b->nbytes;
    int order = memcmp(a->word, b->word, (size_t)n);
    if (a->n_places != b->n_places)
        return a->n_places > b->n_places;
    return order < 0 || (order == 0 && a->nbytes < b->nbytes);
}

/* Adds a follower to those that are known. */
static void add_follower(pylm_follower *known, uint64_t *n_known, const pylm_follower *follower)
{
    uint64_t i;
    for (i = 0; i < *n_known && !same_word(&known[i], follower); i++)
        ;
    if (i == *n_known) {
        REQUIRE(i < 100u);
        known[(*n_known)++] = *follower;
    }
    known[i].n_places++;
}

/* Counts the words [from, to) of the query, and finds all followers in their order. */
static uint64_t count_plainly(uint64_t from, uint64_t to, pylm_follower *known, uint64_t *n_known)
{
    uint64_t d, i, k, n = 0;
    *n_known = 0;
    for (d = 0; d < n_documents; d++) {
        const struct text *text = &documents[d];
        for (i = 0; i < text->n_words; i++) {
            uint64_t next = i + to - from;
            pylm_follower follower = {(const unsigned char *)"", 0, 0, 0, 0};
            if (common(&query, from, text, i) < to - from)
                continue;
            if (next < text->n_words) {
                follower.word = text->bytes + text->words[next].begin;
                follower.nbytes = text->words[next].end - text->words[next].begin;
            }
            add_follower(known, n_known, &follower);
            n++;
        }
    }
    for (i = 1; i < *n_known; i++)
        for (k = i; k && before(&known[k], &known[k - 1u]); k--) {
            pylm_follower other = known[k];
            known[k] = known[k - 1u];
            known[k - 1u] = other;
        }
    return n;
}

static void check_followers(const pylm_sources *sources, const pylm_passage *passage, const pylm_follower *known,
                            uint64_t n_known, uint64_t capacity)
{
    pylm_follower found[100], at;
    uint64_t i, n, k;
    CHECK(pylm_sources_followers(sources, passage, found, capacity, &n) == PYLM_OK);
    CHECK(n == (n_known < capacity ? n_known : capacity));
    for (i = 0; i < n; i++) {
        CHECK(same_word(&found[i], &known[i]) && found[i].n_places == known[i].n_places);
        CHECK(found[i].rank >= passage->rank && found[i].rank + found[i].n_places <= passage->rank + passage->n_places);
        for (k = 0; k < found[i].n_places; k++) {
            CHECK(pylm_sources_follower_at(sources, passage, found[i].rank - passage->rank + k, &at) == PYLM_OK);
            CHECK(same_word(&at, &found[i]) && at.n_places == 1u && at.rank == found[i].rank + k);
        }
    }
    CHECK(pylm_sources_follower_at(sources, passage, passage->n_places, &at) == PYLM_ERR_ARGUMENT);
}

static void check_count(const pylm_sources *sources, uint64_t from, uint64_t to)
{
    pylm_follower known[100];
    pylm_passage passage;
    pylm_place place;
    uint64_t n_known, n, expected = count_plainly(from, to, known, &n_known);
    CHECK(pylm_sources_count(sources, query.bytes, query.words + from, to - from, &passage) == PYLM_OK);
    CHECK(passage.n_places == expected && passage.n_words == to - from && passage.first_word == 0u);
    check_followers(sources, &passage, known, n_known, 1);
    check_followers(sources, &passage, known, n_known, 3);
    check_followers(sources, &passage, known, n_known, 100);
    if (n_documents && expected && to > from) {
        CHECK(pylm_sources_places(sources, &passage, &place, 1, &n) == PYLM_OK && n == 1u);
        for (n = 0; documents[place.document].words[n].begin != place.offset; n++)
            REQUIRE(n + 1u < documents[place.document].n_words);
        CHECK(common(&query, from, &documents[place.document], n) >= to - from);
    }
}

static void check_longest(const pylm_sources *sources, uint64_t n_words, uint64_t min_places)
{
    pylm_follower known[100];
    pylm_passage suffix;
    uint64_t unused, n, places = count_plainly(0, 0, known, &unused), more;
    for (n = 0; n < n_words; n++, places = more)
        if ((more = count_plainly(n_words - n - 1u, n_words, known, &unused)) < min_places)
            break;
    CHECK(pylm_sources_longest_suffix(sources, query.bytes, query.words, n_words, min_places, &suffix) == PYLM_OK);
    CHECK(suffix.n_words == n && suffix.first_word == n_words - n && suffix.n_places == places);
}

static void make_all(uint64_t *seed, int round)
{
    uint64_t d;
    n_documents = random_number(seed) % MOST_DOCUMENTS;
    for (d = 0; d < n_documents; d++)
        make(&documents[d], (uint32_t)(random_number(seed) % (round % 8 ? 60u : 2u)), seed);
    make(&query, (uint32_t)(random_number(seed) % 30u), seed);
    if (n_documents && round % 3 == 0) /* a long suffix for certain */
        append(&query, (const char *)documents[0].bytes, documents[0].nbytes);
    query.n_words = pylm_split_words(query.bytes, query.nbytes, query.words, MOST_WORDS);
}

static void test_random(const pylm_model *model)
{
    uint64_t seed = 5, i, n;
    int round;
    for (round = 0; round < N_ROUNDS; round++) {
        pylm_sources sources;
        struct image file;
        make_all(&seed, round);
        file = write_file((uint32_t)n_documents, model);
        REQUIRE(pylm_sources_open(&sources, file.data, file.nbytes) == PYLM_OK);
        for (i = 0; i <= query.n_words; i += 1u + i / 8u) {
            for (n = 0; n <= i && n < 6u; n++)
                check_count(&sources, i - n, i);
            check_longest(&sources, i, 1);
            check_longest(&sources, i, 2 + i % 5u);
        }
        free(file.data);
    }
}

/* Asks a file everything. The sanitizers watch. */
static int use(const struct image *file)
{
    pylm_sources sources;
    pylm_passage passage;
    pylm_follower followers[7], at;
    uint64_t i, n, k, sum = 0;
    if (pylm_sources_open(&sources, file->data, file->nbytes) != PYLM_OK)
        return 0;
    for (i = 0; i <= query.n_words; i += 3u) {
        REQUIRE(pylm_sources_longest_suffix(&sources, query.bytes, query.words, i, 1 + i % 3u, &passage) == PYLM_OK);
        REQUIRE(pylm_sources_followers(&sources, &passage, followers, 1u + i % 7u, &n) == PYLM_OK);
        CHECK(n <= 1u + i % 7u);
        for (k = 0; k < n; k++)
            sum += followers[k].nbytes ? followers[k].word[followers[k].nbytes - 1u] : 0u;
        if (pylm_sources_follower_at(&sources, &passage, i, &at) == PYLM_OK)
            sum += at.nbytes ? at.word[at.nbytes - 1u] + at.word[0] : 0u;
    }
    return sum != 1u;
}

static void test_damage(const pylm_model *model)
{
    struct image file, copy;
    uint64_t seed = 3, i, d;
    int accepted = 0;
    n_documents = MOST_DOCUMENTS;
    for (d = 0; d < MOST_DOCUMENTS; d++)
        make(&documents[d], 40, &seed);
    make(&query, 60, &seed);
    file = write_file(MOST_DOCUMENTS, model);
    copy.data = allocate(file.nbytes);
    for (i = 0; i < N_DAMAGED; i++) {
        damage(&file, &copy, i, &seed);
        accepted += use(&copy);
    }
    CHECK(accepted > N_DAMAGED / 2);
    free(copy.data);
    free(file.data);
}

static void test_refused(const pylm_model *model)
{
    struct image file = write_file(1, model);
    pylm_sources sources;
    pylm_passage passage = {0, 1, 1, UINT64_C(1) << 40};
    pylm_follower follower;
    uint64_t n;
    REQUIRE(pylm_sources_open(&sources, file.data, file.nbytes) == PYLM_OK);
    CHECK(pylm_sources_followers(&sources, &passage, &follower, 1, &n) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_sources_follower_at(&sources, &passage, 0, &follower) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_sources_longest_suffix(&sources, "", NULL, 0, 0, &passage) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_sources_count(&sources, "", NULL, 0, &passage) == PYLM_OK);
    CHECK(passage.n_places == documents[0].n_words);
    CHECK(pylm_sources_followers(&sources, &passage, &follower, 0, &n) == PYLM_OK && n == 0u);
    passage.n_words = UINT64_MAX; /* what nobody found here ends at the end of the text */
    CHECK(pylm_sources_followers(&sources, &passage, &follower, 1, &n) == PYLM_OK && n == 1u && !follower.nbytes);
    free(file.data);
}

int main(void)
{
    struct image image = train("some text", 9, NULL);
    pylm_model model;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    test_random(&model);
    test_damage(&model);
    test_refused(&model);
    free(image.data);
    return finish();
}
