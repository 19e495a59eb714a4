/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Lists of new words: what is added and taken out, what is kept when the memory is full, files, and suggestions.
 */
#include "pylm_keyboard.h"

#include <math.h>

#include "check.h"

static pylm_model model;
static uint8_t words[4096];

static int add(const char *word, uint32_t count)
{
    return pylm_words_add(&model, words, sizeof words, word, strlen(word), count);
}

static int take_out(const char *word, uint32_t count)
{
    return pylm_words_remove(&model, words, sizeof words, word, strlen(word), count);
}

static uint32_t count_of(const char *word)
{
    uint32_t i, n, count;
    const unsigned char *text;
    for (i = 0; (count = pylm_words_get(words, i, &text, &n)) != 0; i++)
        if (n == strlen(word) && memcmp(text, word, n) == 0)
            return count;
    return 0;
}

static void test_counts(void)
{
    static uint8_t before[sizeof words];
    CHECK(pylm_words_init(&model, words, sizeof words) == PYLM_OK && pylm_words_n(words) == 0);
    CHECK(add("zorkmid", 1) == PYLM_OK && add("Zorkmid", 2) == PYLM_OK && add("zork", 3) == PYLM_OK);
    memcpy(before, words, sizeof words);
    CHECK(add("grue", 1) == PYLM_OK && add("zorkmid", 4) == PYLM_OK && add("\xc3\xa9", 1) == PYLM_OK);
    CHECK(pylm_words_n(words) == 5 && count_of("zorkmid") == 5 && count_of("grue") == 1 && !count_of("nothing"));
    CHECK(take_out("zorkmid", 4) == PYLM_OK && take_out("\xc3\xa9", 1) == PYLM_OK && take_out("grue", 1) == PYLM_OK);
    CHECK(memcmp(before, words, sizeof words) == 0);
    CHECK(take_out("grue", 1) == PYLM_ERR_ARGUMENT && take_out("zork", 4) == PYLM_ERR_ARGUMENT);
    CHECK(memcmp(before, words, sizeof words) == 0 && pylm_words_is_exact(words));
    CHECK(take_out("zorkmid", 1) == PYLM_OK && take_out("Zorkmid", 2) == PYLM_OK && take_out("zork", 3) == PYLM_OK);
    CHECK(pylm_words_init(&model, before, sizeof before) == PYLM_OK && memcmp(before, words, sizeof words) == 0);
}

/* Shares, and what is left for words that are new, come to 1. */
static void test_costs(void)
{
    uint32_t cost;
    double sum = 0;
    CHECK(pylm_words_init(&model, words, sizeof words) == PYLM_OK);
    CHECK(!pylm_words_cost(words, "zork", 4, &cost) && cost == 0);
    CHECK(add("zork", 3) == PYLM_OK && add("grue", 1) == PYLM_OK);
    CHECK(pylm_words_cost(words, "zork", 4, &cost) && abs((int)cost - (int)(log2(7.0 / 3.0) * 65536.0)) < 4);
    sum += exp2(-(double)cost / 65536.0);
    CHECK(pylm_words_cost(words, "grue", 4, &cost));
    sum += exp2(-(double)cost / 65536.0);
    CHECK(!pylm_words_cost(words, "gru", 3, &cost) && !pylm_words_cost(words, "", 0, &cost));
    sum += exp2(-(double)cost / 65536.0);
    CHECK(fabs(sum - 1.0) < 1e-4);
    CHECK(pylm_words_init(&model, words, sizeof words) == PYLM_OK);
}

static void test_what_is_no_new_word(void)
{
    char longest[257];
    memset(longest, 'q', sizeof longest);
    longest[256] = 0;
    CHECK(add("", 1) == PYLM_ERR_ARGUMENT && add("two words", 1) == PYLM_ERR_ARGUMENT && add(" a", 1) < 0);
    CHECK(add("w1", 1) == PYLM_ERR_ARGUMENT && add("<unk>", 1) < 0 && add("</s>", 1) < 0 && add("<s>", 1) < 0);
    CHECK(add("zorkmid", 0) == PYLM_ERR_ARGUMENT && add(longest, 1) == PYLM_ERR_ARGUMENT);
    longest[255] = 0;
    CHECK(add(longest, 1) == PYLM_OK && take_out(longest, 1) == PYLM_OK);
    CHECK(pylm_words_n(words) == 0);
}

/* When the memory is full, the rarest go; counts have a limit. */
static void test_full(void)
{
    char word[32];
    uint32_t i;
    CHECK(add("often", 70000) == PYLM_OK && count_of("often") == 65535 && !pylm_words_is_exact(words));
    CHECK(pylm_words_init(&model, words, sizeof words) == PYLM_OK);
    CHECK(add("often", 1000) == PYLM_OK);
    for (i = 0; pylm_words_is_exact(words) && i < 5000; i++) {
        (void)sprintf(word, "new%u", (unsigned)i);
        CHECK(add(word, 1 + i % 3u) == PYLM_OK);
    }
    CHECK(i > 200 && count_of("often") == 1000 && !count_of("new0") && count_of("new2") == 3 && count_of(word));
    CHECK(take_out("new0", 1) == PYLM_OK && take_out("often", 2000) == PYLM_OK && !count_of("often"));
    CHECK(pylm_words_seal(words, sizeof words) <= sizeof words);
}

/* In the smallest memory, the longest word finds no room, and nothing else is lost for it. */
static void test_little_memory(void)
{
    uint8_t few[128];
    char longest[256];
    memset(longest, 'q', sizeof longest);
    CHECK(pylm_words_init(&model, few, 127) == PYLM_ERR_SPACE);
    CHECK(pylm_words_init(&model, few, sizeof few) == PYLM_OK);
    CHECK(pylm_words_add(&model, few, sizeof few, "zork", 4, 1) == PYLM_OK);
    CHECK(pylm_words_add(&model, few, sizeof few, longest, 255, 1) == PYLM_OK);
    CHECK(pylm_words_n(few) == 1);
}

static void test_files(void)
{
    static uint8_t file[sizeof words], larger[2 * sizeof words], changed[sizeof words];
    size_t n, i;
    pylm_model other = model;
    CHECK(pylm_words_init(&model, words, sizeof words) == PYLM_OK);
    CHECK(add("zorkmid", 3) == PYLM_OK && add("grue", 1) == PYLM_OK);
    n = (size_t)pylm_words_seal(words, sizeof words);
    CHECK(n == 40 + 7 + 7 + 7 + 4);
    memcpy(file, words, n);
    memset(larger, 0xaa, sizeof larger);
    memcpy(larger, file, n);
    CHECK(pylm_words_open(&model, larger, sizeof larger) == PYLM_OK);
    CHECK(pylm_words_add(&model, larger, sizeof larger, "lamp", 4, 1) == PYLM_OK && pylm_words_n(larger) == 3);
    for (i = 0; i < n; i++) {
        memcpy(changed, file, n);
        CHECK(pylm_words_open(&model, changed, i) < 0);
        changed[i] ^= 4u;
        CHECK(pylm_words_open(&model, changed, n) < 0);
        if (i >= 24) /* without the checksum it may be sound, but is never followed outside */
            (void)pylm_model_set_words(&other, changed, n);
    }
    CHECK(pylm_model_set_words(&other, file, n - 1u) == PYLM_ERR_TRUNCATED);
    CHECK(pylm_model_set_words(&other, file, 8) == PYLM_ERR_FOREIGN);
}

/* How a suggestion for a typed text stands among the first three; 0: not there. */
static uint32_t place_of(const char *typed, const char *word, const pylm_state *state)
{
    pylm_suggestion found[3];
    uint32_t n = 3, i;
    void *work = allocate((size_t)pylm_suggest_nbytes(&model, 3));
    CHECK(pylm_suggest(&model, state, typed, strlen(typed), work, found, &n) == PYLM_OK);
    free(work);
    for (i = 0; i < n; i++)
        if (found[i].nbytes == strlen(word) && memcmp(found[i].text, word, strlen(word)) == 0)
            return i + 1u;
    return 0;
}

static void test_suggestions(void)
{
    static const char text[] = "w1 Grindelwald w2, Grindelwald's grindstone. GRINDELWALD";
    pylm_state state;
    static uint8_t before[sizeof words];
    pylm_state_init(&model, &state);
    CHECK(pylm_words_init(&model, words, sizeof words) == PYLM_OK);
    CHECK(pylm_model_set_words(&model, words, sizeof words) == PYLM_OK);
    CHECK(!place_of("w1 gri", "Grindelwald", &state));
    memcpy(before, words, sizeof words);
    CHECK(pylm_typed_words_add(&model, words, sizeof words, text, strlen(text)) == PYLM_OK);
    CHECK(count_of("Grindelwald") == 1 && count_of("GRINDELWALD") == 1 && count_of("Grindelwald's") == 1);
    CHECK(add("Grindelwald", 4) == PYLM_OK);
    CHECK(place_of("w1 gri", "Grindelwald", &state) == 1); /* both cases are one word, shown as it came more often */
    CHECK(place_of("w1 Gri", "Grindelwald", &state) == 1 && place_of("w1 GRI", "GRINDELWALD", &state) == 1);
    CHECK(place_of("w1 grinds", "grindstone", &state) == 1 && place_of("w1. grinds", "Grindstone", &state) == 1);
    CHECK(!place_of("w1 gra", "Grindelwald", &state));
    CHECK(take_out("Grindelwald", 4) == PYLM_OK);
    CHECK(pylm_typed_words_remove(&model, words, sizeof words, "another text", 12) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_typed_words_remove(&model, words, sizeof words, text, strlen(text)) == PYLM_OK);
    CHECK(memcmp(before, words, sizeof words) == 0);
    CHECK(pylm_model_set_words(&model, NULL, 0) == PYLM_OK);
}

/* With and without a list, the suggestions for a begun word have the probabilities of what they are all together. */
static void test_probabilities(void)
{
    pylm_suggestion found[60];
    uint32_t n = 60, i;
    double sum = 0;
    pylm_state state;
    void *work = allocate((size_t)pylm_suggest_nbytes(&model, 60));
    pylm_state_init(&model, &state);
    CHECK(add("w9zorkmid", 5) == PYLM_OK && add("w9grue", 2) == PYLM_OK);
    CHECK(pylm_model_set_words(&model, words, sizeof words) == PYLM_OK);
    CHECK(pylm_suggest(&model, &state, "w1 w9", 5, work, found, &n) == PYLM_OK && n < 60);
    for (i = 0; i < n; i++)
        sum += exp2(-(double)found[i].cost_q16 / 65536.0);
    CHECK(fabs(sum - 1.0) < 0.01);
    CHECK(pylm_model_set_words(&model, NULL, 0) == PYLM_OK);
    free(work);
}

static void test_other_models(void)
{
    struct image image = train_kind(KIND_BYTES, 1500);
    pylm_model bytes;
    REQUIRE(pylm_model_open(&bytes, image.data, image.nbytes) == PYLM_OK);
    CHECK(pylm_words_init(&bytes, words, sizeof words) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_words_init(&model, words, sizeof words) == PYLM_OK);
    CHECK(pylm_model_set_words(&bytes, words, sizeof words) == PYLM_ERR_ARGUMENT);
    free(image.data);
}

int main(void)
{
    struct image image = train_kind(KIND_WORDS, 1500);
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    test_counts();
    test_costs();
    test_what_is_no_new_word();
    test_full();
    test_little_memory();
    test_files();
    test_suggestions();
    test_probabilities();
    test_other_models();
    free(image.data);
    return finish();
}
