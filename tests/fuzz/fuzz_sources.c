/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Sources files: the first 64 bytes are a text whose passages are looked for. The head is made right.
 */
#include "fuzz.h"
#include "pylm_sources.h"
#include "train/sources/sources.h"

#define N_QUERY 64u
#define MOST_CALLS 1000u

static void trace(const pylm_sources *sources, const uint8_t *text)
{
    pylm_span words[N_QUERY];
    pylm_query query = {text, words, 0, 1, 0, 0};
    pylm_passage passages[5];
    pylm_place places[5];
    uint64_t n, n_places, i, calls = 0;
    query.n_words = pylm_split_words(text, N_QUERY, words, N_QUERY);
    while (query.next < query.n_words && pylm_sources_trace(sources, &query, passages, 5, &n, NULL) == PYLM_OK) {
        PROMISE(++calls < MOST_CALLS && n <= 5u);
        for (i = 0; i < n; i++)
            (void)pylm_sources_places(sources, &passages[i], places, 5, &n_places);
    }
}

static void count(const pylm_sources *sources, const uint8_t *text)
{
    pylm_span words[N_QUERY];
    pylm_passage passage;
    pylm_follower followers[5];
    volatile uint64_t sum = 0;
    uint64_t n_words = pylm_split_words(text, N_QUERY, words, N_QUERY), n, i;
    PROMISE(pylm_sources_longest_suffix(sources, text, words, n_words, 1u + text[0] % 3u, &passage) == PYLM_OK);
    PROMISE(passage.n_words <= n_words);
    PROMISE(pylm_sources_followers(sources, &passage, followers, 5, &n) == PYLM_OK && n <= 5u);
    for (i = 0; i < n; i++)
        sum += followers[i].nbytes ? followers[i].word[followers[i].nbytes - 1u] : 0u;
    if (pylm_sources_follower_at(sources, &passage, text[1], followers) == PYLM_OK)
        sum += followers[0].nbytes ? followers[0].word[0] : 0u;
    PROMISE(pylm_sources_count(sources, text, words, n_words, &passage) == PYLM_OK);
    (void)sum;
}

static void use_sources(const pylm_sources *sources, const uint8_t *text)
{
    pylm_sources_info info;
    pylm_document document;
    volatile uint64_t sum = 0;
    uint64_t i, k;
    (void)pylm_sources_verify(sources);
    (void)pylm_sources_belong(sources, golden(0));
    pylm_sources_describe(sources, &info);
    for (i = 0; i < info.n_documents && i < 20u; i++) {
        if (pylm_sources_document(sources, i, &document) != PYLM_OK)
            continue;
        for (k = 0; k < document.text_nbytes; k++)
            sum += document.text[k];
        for (k = 0; k < document.name_nbytes; k++)
            sum += document.name[k];
    }
    (void)sum;
    trace(sources, text);
    count(sources, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    uint8_t *text, *file;
    size_t n = nbytes - N_QUERY;
    pylm_sources sources;
    if (nbytes < N_QUERY + PYLM__S_NBYTES)
        return 0;
    text = copy_of(data, N_QUERY);
    file = copy_of(data + N_QUERY, n);
    memcpy(file, PYLM__SOURCES_MAGIC, 8);
    pylm__store32(file + PYLM__S_VERSION, 1);
    if (text[0] & 1u)
        pylm__store64(file + PYLM__S_FILE_NBYTES, n);
    pylm__store64(file + PYLM__S_HEAD_CHECKSUM,
                  pylm__checksum(file + PYLM__S_CHECKSUM, PYLM__S_NBYTES - PYLM__S_CHECKSUM));
    if (pylm_sources_open(&sources, file, n) == PYLM_OK)
        use_sources(&sources, text);
    free(file);
    free(text);
    return 0;
}
