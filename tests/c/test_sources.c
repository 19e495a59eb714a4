/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Training, sources: what trace finds, against a search of everything; and files made by an enemy.
 */
#define PATH "test_sources.tmp"
#include "sources_texts.h"

#define N_ROUNDS 150
#define N_PLACES 5u

static uint64_t longest_anywhere(uint64_t first, uint32_t n_documents)
{
    uint64_t d, i, n, longest = 0;
    for (d = 0; d < n_documents; d++)
        for (i = 0; i < documents[d].n_words; i++)
            longest = (n = common(&query, first, &documents[d], i)) > longest ? n : longest;
    return longest;
}

/* All places of a passage against those that were found. */
static void check_places(const pylm_passage *passage, uint32_t n_documents, const pylm_place *places, uint64_t n_found)
{
    uint64_t d, i, at, line, n = 0;
    for (d = 0; d < n_documents; d++)
        for (i = 0; i < documents[d].n_words; i++)
            if (common(&query, passage->first_word, &documents[d], i) >= passage->n_words && n++ < n_found) {
                for (at = 0, line = 1; at < documents[d].words[i].begin; at++)
                    line += documents[d].bytes[at] == '\n';
                CHECK(places[n - 1u].document == d && places[n - 1u].offset == at && places[n - 1u].line == line);
            }
    CHECK(passage->n_places == n && n_found == (n < N_PLACES ? n : N_PLACES));
}

/* Traces the query, in calls for so many passages, and compares everything. */
static void check_trace(const pylm_sources *sources, uint32_t n_documents, uint64_t least, uint64_t capacity)
{
    pylm_passage passages[7];
    pylm_place places[N_PLACES];
    pylm_query q = {query.bytes, query.words, query.n_words, least, 0, 0};
    uint64_t i = 0, n = 0, k = 0, m, reached = 0, calls = 0;
    for (i = 0; i < query.n_words; i++) {
        uint64_t longest = longest_anywhere(i, n_documents);
        if (longest < least || i + longest <= reached)
            continue;
        reached = i + longest;
        while (k == n && q.next < q.n_words && calls++ < 2u * MOST_WORDS) {
            CHECK(pylm_sources_trace(sources, &q, passages, capacity, &n, NULL) == PYLM_OK && n <= capacity);
            k = 0;
        }
        REQUIRE(k < n);
        CHECK(passages[k].first_word == i && passages[k].n_words == longest);
        CHECK(pylm_sources_places(sources, &passages[k], places, N_PLACES, &m) == PYLM_OK);
        check_places(&passages[k++], n_documents, places, m);
    }
    CHECK(k == n);
    if (q.next < q.n_words)
        CHECK(pylm_sources_trace(sources, &q, passages, capacity, &n, NULL) == PYLM_OK && n == 0);
    CHECK(q.next == q.n_words);
}

static void check_documents(const pylm_sources *sources, uint32_t n_documents)
{
    pylm_sources_info info;
    pylm_document document;
    uint64_t n_words = 0, nbytes = 0;
    uint32_t d;
    for (d = 0; d < n_documents; d++) {
        char name[16];
        int n = sprintf(name, "%u.txt", (unsigned)d);
        REQUIRE(pylm_sources_document(sources, d, &document) == PYLM_OK);
        CHECK(document.name_nbytes == (uint64_t)n && memcmp(document.name, name, (size_t)n) == 0);
        CHECK(document.text_nbytes == documents[d].nbytes &&
              memcmp(document.text, documents[d].bytes, documents[d].nbytes) == 0);
        n_words += documents[d].n_words;
        nbytes += documents[d].nbytes + 1u;
    }
    CHECK(pylm_sources_document(sources, n_documents, &document) == PYLM_ERR_ARGUMENT);
    pylm_sources_describe(sources, &info);
    CHECK(info.n_documents == n_documents && info.n_words == n_words && info.text_nbytes == nbytes);
}

static void test_random(const pylm_model *model)
{
    uint64_t seed = 1;
    int round;
    for (round = 0; round < N_ROUNDS; round++) {
        uint32_t n_documents = (uint32_t)(random_number(&seed) % MOST_DOCUMENTS), d;
        pylm_sources sources;
        struct image file;
        for (d = 0; d < n_documents; d++)
            make(&documents[d], (uint32_t)(random_number(&seed) % (round % 8 ? 60u : 2u)), &seed);
        make(&query, (uint32_t)(random_number(&seed) % 80u), &seed);
        if (n_documents && round % 3 == 0) /* a passage for certain */
            append(&query, (const char *)documents[0].bytes, documents[0].nbytes);
        query.n_words = pylm_split_words(query.bytes, query.nbytes, query.words, MOST_WORDS);
        file = write_file(n_documents, model);
        REQUIRE(pylm_sources_open(&sources, file.data, file.nbytes) == PYLM_OK);
        CHECK(pylm_sources_verify(&sources) == PYLM_OK && pylm_sources_belong(&sources, model));
        check_documents(&sources, n_documents);
        for (d = 1; d < 10u; d += 1u + d / 3u)
            check_trace(&sources, n_documents, d, 1u + random_number(&seed) % 7u);
        free(file.data);
    }
}

/* ---- enemies ---- */

/* Does everything with a file. The sanitizers watch. */
static int use(const struct image *file, const pylm_model *model)
{
    pylm_sources sources;
    pylm_sources_info info;
    pylm_document document;
    pylm_passage passages[7];
    pylm_place places[N_PLACES];
    pylm_query q = {query.bytes, query.words, query.n_words, 2, 0, 0};
    uint64_t i, n, m, sum = 0;
    if (pylm_sources_open(&sources, file->data, file->nbytes) != PYLM_OK)
        return 0;
    (void)pylm_sources_verify(&sources);
    (void)pylm_sources_belong(&sources, model);
    pylm_sources_describe(&sources, &info);
    for (i = 0; i < info.n_documents && i < 50u; i++) {
        CHECK(pylm_sources_document(&sources, i, &document) == PYLM_OK);
        for (n = 0; n < document.text_nbytes; n++)
            sum += document.text[n];
        for (n = 0; n < document.name_nbytes; n++)
            sum += document.name[n];
    }
    do {
        REQUIRE(pylm_sources_trace(&sources, &q, passages, 7, &n, NULL) == PYLM_OK);
        for (i = 0; i < n; i++)
            if (pylm_sources_places(&sources, &passages[i], places, N_PLACES, &m) == PYLM_OK)
                CHECK(m <= N_PLACES);
    } while (q.next < q.n_words);
    return sum != 1u;
}

static void test_damage(const pylm_model *model)
{
    struct image file, copy;
    uint64_t seed = 3, i, d;
    int accepted = 0;
    for (d = 0; d < MOST_DOCUMENTS; d++)
        make(&documents[d], 40, &seed);
    make(&query, 60, &seed);
    file = write_file(MOST_DOCUMENTS, model);
    copy.data = allocate(file.nbytes);
    for (i = 0; i < N_DAMAGED; i++) {
        damage(&file, &copy, i, &seed);
        accepted += use(&copy, model);
    }
    CHECK(accepted > N_DAMAGED / 2);
    for (i = PYLM__S_FILE_NBYTES; i < PYLM__S_NBYTES; i += 8u) { /* sizes that tempt */
        static const uint64_t values[] = {0,
                                          1,
                                          0xffffffff,
                                          UINT64_C(0x100000000),
                                          UINT64_C(0x4000000000000000),
                                          UINT64_C(0x7fffffffffffffff),
                                          UINT64_C(0xffffffffffffffff)};
        for (d = 0; d < 7u; d++) {
            memcpy(copy.data, file.data, file.nbytes);
            pylm__store64(copy.data + i, values[d]);
            sign(&copy);
            (void)use(&copy, model);
        }
    }
    free(copy.data);
    free(file.data);
}

static void test_refused(const pylm_model *model)
{
    pylm_sources sources;
    struct image file = write_file(1, model);
    pylm_passage passage = {0, 1, 1, UINT64_C(1) << 40};
    pylm_place place;
    pylm_query q = {query.bytes, query.words, query.n_words, 0, 0, 0};
    uint64_t n;
    size_t i;
    for (i = 0; i < file.nbytes; i++)
        CHECK(pylm_sources_open(&sources, file.data, i) == (i < 8u ? PYLM_ERR_FOREIGN : PYLM_ERR_TRUNCATED));
    for (i = 0; i < PYLM__S_NBYTES; i++) {
        file.data[i] ^= 4u;
        CHECK(pylm_sources_open(&sources, file.data, file.nbytes) == (i < 8u    ? PYLM_ERR_FOREIGN
                                                                      : i < 12u ? PYLM_ERR_VERSION
                                                                      : i < 16u ? PYLM_OK
                                                                                : PYLM_ERR_DAMAGED));
        file.data[i] ^= 4u;
    }
    REQUIRE(pylm_sources_open(&sources, file.data, file.nbytes) == PYLM_OK);
    CHECK(pylm_sources_places(&sources, &passage, &place, 1, &n) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_sources_trace(&sources, &q, &passage, 1, &n, NULL) == PYLM_ERR_ARGUMENT);
    file.data[file.nbytes - 1u] ^= 1u;
    CHECK(pylm_sources_verify(&sources) == PYLM_ERR_DAMAGED);
    free(file.data);
}

static void test_cancelled(void)
{
    pylm_sources_writer *writer;
    pylm_task task = {1, 0, 0, 0};
    uint64_t seed = 4;
    make(&documents[0], 40, &seed);
    REQUIRE(pylm_sources_writer_new(&writer, PATH) == PYLM_OK);
    CHECK(pylm_sources_writer_add(writer, "a", 1, documents[0].bytes, documents[0].nbytes, &task) ==
          PYLM_ERR_CANCELLED);
    pylm_sources_writer_free(writer);
    REQUIRE(pylm_sources_writer_new(&writer, PATH) == PYLM_OK);
    REQUIRE(pylm_sources_writer_add(writer, "a", 1, documents[0].bytes, documents[0].nbytes, NULL) == PYLM_OK);
    CHECK(pylm_sources_writer_sort(writer, &task) == PYLM_ERR_CANCELLED);
    pylm_sources_writer_free(writer);
    pylm_sources_writer_free(NULL);
    CHECK(remove(PATH) != 0); /* nothing was left behind */
    CHECK(pylm_sources_writer_new(&writer, "no such folder/file") == PYLM_ERR_FILE && writer == NULL);
}

int main(void)
{
    struct image image = train("some text", 9, NULL), other = train("other text", 10, NULL);
    pylm_model model, another;
    pylm_sources sources;
    struct image file;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    REQUIRE(pylm_model_open(&another, other.data, other.nbytes) == PYLM_OK);
    test_random(&model);
    test_damage(&model);
    test_refused(&model);
    test_cancelled();
    file = write_file(1, &model);
    REQUIRE(pylm_sources_open(&sources, file.data, file.nbytes) == PYLM_OK);
    CHECK(!pylm_sources_belong(&sources, &another));
    free(file.data);
    free(image.data);
    free(other.data);
    return finish();
}
