/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Module keyboard, suggestions: in word models exactly what the distribution says; in others words that go on as typed.
 * Typed text is split and read as people mean it.
 */
#include <math.h>

#include "pylm_keyboard.h"

#include "check.h"

#include "modules/keyboard/typing.h"

#define K 5u
#define TOLERANCE_Q16 2000u /* costs and distributions agree to about 1/65536 bit a node */

struct suggested {
    pylm_suggestion s[K];
    uint32_t n;
};

/* Working memory is exactly as large as it has to be, so that a sanitizer sees every byte used behind it. */
static struct suggested suggest(const pylm_model *model, const pylm_state *state, const char *text, uint32_t k)
{
    struct suggested result = {{{0, 0, {0}}}, 0};
    void *work = allocate((size_t)pylm_suggest_nbytes(model, k));
    size_t nbytes = strlen(text);
    char *exact = allocate(nbytes);
    memcpy(exact, text, nbytes);
    result.n = k;
    CHECK(pylm_suggest(model, state, exact, nbytes, work, result.s, &result.n) == PYLM_OK);
    CHECK(result.n <= k);
    free(exact);
    free(work);
    return result;
}

static int is(const pylm_suggestion *s, const char *text)
{
    return s->nbytes == strlen(text) && memcmp(s->text, text, s->nbytes) == 0;
}

/* ---- words, against the distribution ---- */

/* Words in all cases, some in a mixed one that is none of the three forms. */
static struct image train_cases(uint32_t n_trees)
{
    static const char *const forms[] = {"the",
                                        "The",
                                        "THE",
                                        "they",
                                        "They",
                                        "then",
                                        "A",
                                        "a",
                                        "iThe",
                                        "tHe",
                                        "to",
                                        "Tom",
                                        "tom",
                                        "don't",
                                        "Don't",
                                        ".",
                                        ",",
                                        "\xc3\xa9t\xc3\xa9",
                                        "\xc3\x89t\xc3\xa9",
                                        "I",
                                        "it",
                                        "It",
                                        "co-op",
                                        "123",
                                        "-",
                                        "12"};
    uint32_t n = (uint32_t)(sizeof forms / sizeof *forms), i, w = 0;
    char *text = allocate(60000), *at = text;
    uint64_t seed = 3, r;
    struct image image;
    pylm_train_options options;
    for (i = 0; i < 3000u; i++) {
        r = random_number(&seed);
        w = r % 3u ? (w * 5u + (uint32_t)(r >> 8) % 4u) % n : (uint32_t)(r >> 16) % n;
        at += sprintf(at, "%s%s", forms[w], r % 11u ? " " : "\n");
    }
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.n_trees = n_trees;
    options.n_classes[0] = options.n_classes[1] = 8;
    image = train(text, (size_t)(at - text), &options);
    free(text);
    return image;
}

/* Of a symbol: whether it is wanted, and the number of its word: the smallest symbol among its forms. */
static int is_wanted(const pylm_model *model, uint32_t symbol, const char *prefix, uint32_t *word)
{
    const unsigned char *text;
    uint32_t nbytes, prefix_nbytes = (uint32_t)strlen(prefix), form;
    uint8_t lower[100], other[100];
    int to;
    CHECK(pylm_symbol_text(model, symbol, &text, &nbytes) == PYLM_OK);
    if (!nbytes || nbytes < prefix_nbytes || text[0] == '<' || text[0] == '.' || text[0] == ',' || text[0] == '-' ||
        !pylm__same_letters(text, (const uint8_t *)prefix, prefix_nbytes))
        return 0;
    *word = symbol;
    if (pylm__case_of(text, nbytes) == PYLM__CASE_MIXED)
        return 1;
    pylm__to_case(text, nbytes, PYLM__CASE_LOWER, lower);
    for (to = PYLM__CASE_LOWER; to <= PYLM__CASE_UPPER; to++) {
        pylm__to_case(lower, nbytes, (enum pylm__case)to, other);
        form = pylm_symbol_find(model, other, nbytes);
        *word = form < *word ? form : *word;
    }
    return 1;
}

static uint32_t cost_of(uint64_t q62, uint64_t given_q62)
{
    double cost = -log2((double)q62 / (double)given_q62) * 65536.0;
    return cost < 4e6 ? (uint32_t)cost : 4000000u;
}

static int is_near(uint32_t a, uint32_t b)
{
    return a <= b + TOLERANCE_Q16 && b <= a + TOLERANCE_Q16;
}

/* Whether a suggestion is a word, with the word's probability. */
static int is_word_of_cost(const pylm_model *model, const pylm_suggestion *s, const char *prefix, const uint64_t *sums,
                           uint32_t n_symbols, uint64_t given)
{
    const unsigned char *text;
    uint32_t i, nbytes, word = 0;
    for (i = 0; i < n_symbols; i++) {
        CHECK(pylm_symbol_text(model, i, &text, &nbytes) == PYLM_OK);
        if (nbytes == s->nbytes && pylm__same_letters(text, s->text, nbytes) && is_wanted(model, i, prefix, &word) &&
            is_near(cost_of(sums[word], given), s->cost_q16))
            return 1;
    }
    return 0;
}

static void check_against_distribution(const pylm_model *model, const pylm_state *state, const char *context,
                                       const char *prefix)
{
    uint64_t *q62, *sums, *left, total = 0, given;
    uint32_t i, j, word = 0, n_words = 0, best;
    struct suggested found;
    char text[200];
    pylm_info info;
    pylm_state read = *state;
    void *work = allocate((size_t)pylm_work_nbytes(model));
    pylm_model_info(model, &info);
    q62 = allocate(info.n_symbols * sizeof *q62);
    sums = allocate(info.n_symbols * sizeof *sums);
    left = allocate(info.n_symbols * sizeof *left);
    memset(sums, 0, info.n_symbols * sizeof *sums);
    pylm_state_set_learning(&read, 0);
    CHECK(pylm_read_typed(model, &read, context, strlen(context)) == PYLM_OK);
    pylm_distribution(model, &read, work, q62);
    for (i = 0; i < info.n_symbols; i++)
        if (is_wanted(model, i, prefix, &word)) {
            n_words += sums[word] == 0;
            sums[word] += q62[i];
            total += q62[i];
        }
    memcpy(left, sums, info.n_symbols * sizeof *left);
    given = *prefix ? total : UINT64_C(1) << 62;
    (void)sprintf(text, "%s%s", context, prefix);
    found = suggest(model, state, text, K);
    CHECK(found.n == (n_words < K ? n_words : K));
    for (i = 0; i < found.n; i++) {
        for (best = 0, j = 1; j < info.n_symbols; j++)
            if (left[j] > left[best])
                best = j;
        CHECK(is_near(cost_of(left[best], given), found.s[i].cost_q16));
        CHECK(i == 0 || found.s[i].cost_q16 >= found.s[i - 1u].cost_q16);
        CHECK(is_word_of_cost(model, &found.s[i], prefix, sums, info.n_symbols, given));
        left[best] = 0;
    }
    free(q62);
    free(sums);
    free(left);
    free(work);
}

static void test_exact(uint32_t n_trees)
{
    static const char *const contexts[] = {"", "the ", "They then a ", "Tom, it. ", "nosuchword It\nto "};
    static const char *const prefixes[] = {"", "t", "T", "th", "THE", "i", "d", "don'", "\xc3\xa9", "1", "q", "co-"};
    struct image image = train_cases(n_trees);
    unsigned char *overlay = allocate(60000);
    pylm_state state;
    pylm_model model;
    uint32_t c, p, learning;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_state_init(&model, &state);
    for (learning = 0; learning < 2u; learning++) {
        for (c = 0; c < sizeof contexts / sizeof *contexts; c++)
            for (p = 0; p < sizeof prefixes / sizeof *prefixes; p++)
                check_against_distribution(&model, &state, contexts[c], prefixes[p]);
        REQUIRE(pylm_overlay_init(&model, overlay, 60000) == PYLM_OK);
        REQUIRE(pylm_state_attach(&model, &state, overlay, 60000) == PYLM_OK);
        CHECK(pylm_read_typed(&model, &state, "the they then THE don't Tom tom", 31) == PYLM_OK);
        pylm_state_restart(&model, &state);
    }
    free(overlay);
    free(image.data);
}

/* ---- case ---- */

/* U+2019 is an apostrophe as ' is, and what was typed stays. */
static void test_apostrophes(void)
{
    struct image image = train_cases(1);
    pylm_state a, b;
    struct suggested ascii, typographic;
    pylm_model model;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_state_init(&model, &a);
    pylm_state_init(&model, &b);
    ascii = suggest(&model, &a, "the don'", K);
    typographic = suggest(&model, &a, "the don\xe2\x80\x99", K);
    CHECK(ascii.n && typographic.n == ascii.n && typographic.s[0].cost_q16 == ascii.s[0].cost_q16);
    CHECK(is(&ascii.s[0], "don't") && is(&typographic.s[0], "don\xe2\x80\x99t"));
    CHECK(pylm_read_typed(&model, &a, "the don't they", 14) == PYLM_OK);
    CHECK(pylm_read_typed(&model, &b, "the don\xe2\x80\x99t they", 16) == PYLM_OK);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
    free(image.data);
}

static void test_case(void)
{
    struct image image = train_cases(1);
    pylm_state state;
    pylm_model model;
    struct suggested s;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_state_init(&model, &state);
    s = suggest(&model, &state, "to don", 1);
    CHECK(s.n == 1 && (is(&s.s[0], "don't") || is(&s.s[0], "Don't")));
    s = suggest(&model, &state, "to Don", 1);
    CHECK(s.n == 1 && is(&s.s[0], "Don't"));
    s = suggest(&model, &state, "to DON", 1);
    CHECK(s.n == 1 && is(&s.s[0], "DON'T"));
    s = suggest(&model, &state, "It. \"don", 1);
    CHECK(s.n == 1 && is(&s.s[0], "Don't"));
    s = suggest(&model, &state, "\xc3\xa9t", 1);
    CHECK(s.n == 1 && is(&s.s[0], "\xc3\x89t\xc3\xa9"));
    s = suggest(&model, &state, "it", K); /* "iThe" begins so, too */
    CHECK(s.n == 2 && (is(&s.s[0], "It") || is(&s.s[1], "It")));
    s = suggest(&model, &state, "the qqqq", K);
    CHECK(s.n == 0);
    s = suggest(&model, &state, "the", 0);
    CHECK(s.n == 0);
    free(image.data);
}

/* ---- what was typed ---- */

static uint64_t typed(const char *text)
{
    return pylm_typed_word(text, strlen(text));
}

static void test_typed_word(void)
{
    CHECK(typed("") == 0 && typed("a") == 0 && typed("a ") == 2 && typed("see you tom") == 8);
    CHECK(typed("it don\xe2\x80\x99") == 3 && typed("\xe2\x80\x99") == 3 && typed("said\xe2\x80\x99 ") == 8);
    CHECK(typed("a\xc2\xa0") == 3 && typed("a\xe3\x80\x80un") == 4);
    CHECK(typed("well, don'") == 6 && typed("a co-") == 2 && typed("a --") == 4 && typed("(he") == 1);
    CHECK(typed("end.") == 4 && typed("end.x") == 4 && typed("one\ntwo") == 4 && typed("it's") == 0);
    CHECK(typed("\xe2\x80\x9cHel") == 3 && typed("don\xe2\x80\x99t") == 0 && typed("\xc2\xbfqu\xc3\xa9") == 2);
    CHECK(typed("'tis") == 1 && typed("3.5") == 2 && typed("\n") == 1);
}

static void test_sentences(void)
{
    static const char *const begin[] = {"", "One. ", "One! \"", "One?) ", "a\n", "  ", "One. \xe2\x80\x9c"};
    static const char *const inside[] = {"One ", "One, ", "3.", "One", "One (", "\xe2\x80\x9cOne "};
    uint32_t i;
    for (i = 0; i < sizeof begin / sizeof *begin; i++)
        CHECK(pylm__begins_sentence((const uint8_t *)begin[i], strlen(begin[i])));
    for (i = 0; i < sizeof inside / sizeof *inside; i++)
        CHECK(!pylm__begins_sentence((const uint8_t *)inside[i], strlen(inside[i])));
}

/* Two texts leave a model in the same state. */
static void check_same(const pylm_model *model, const char *typed_text, const char *words)
{
    pylm_state a, b;
    uint32_t symbols[100], i;
    uint64_t position = 0, n;
    pylm_state_init(model, &a);
    pylm_state_init(model, &b);
    n = 100;
    CHECK(pylm_encode(model, words, strlen(words), PYLM_TEXT_OPEN, &position, symbols, &n) == PYLM_OK);
    for (i = 0; i < n; i++)
        CHECK(pylm_state_push(model, &b, symbols[i]) == PYLM_OK);
    CHECK(pylm_read_typed(model, &a, typed_text, strlen(typed_text)) == PYLM_OK);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
}

static void test_reading(void)
{
    static const char text[] = "do n't it 's the . , Tom XYZ a-b a \n do n't it 's the . , Tom XYZ a-b a \n"
                               "the the it it . . , , do do Tom Tom XYZ XYZ\n";
    pylm_train_options options;
    struct image image;
    pylm_model model;
    pylm_train_options_init(&options);
    options.tokenizer = PYLM_TOKENIZER_WORDS;
    options.min_count = 1;
    image = train(text, sizeof text - 1u, &options);
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    check_same(&model, "The, tom.", "the , Tom .");
    check_same(&model, "xyz TOM", "XYZ Tom");
    check_same(&model, "I don't; IT'S\n", "<unk> do n't it 's\n");
    check_same(&model, "a-b (A)", "a-b a");
    check_same(&model, "a-c/the", "<unk> the");
    check_same(&model, "...the\xe2\x80\xa6", ". . . the");
    free(image.data);
}

/* ---- words of several symbols ---- */

static void test_spelling(int kind)
{
    static const char *const texts[] = {"w1 w2 w", "w1", "w1 ", "", "w1 w2\n", "w12 w", "nothing like \xff\xfe",
                                        "w1 w2. W"};
    struct image image = train_kind(kind, N_SHARED_WORDS);
    pylm_state state;
    pylm_model model;
    uint32_t t, i, j;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_state_init(&model, &state);
    for (t = 0; t < sizeof texts / sizeof *texts; t++) {
        struct suggested found = suggest(&model, &state, texts[t], K), again = suggest(&model, &state, texts[t], K);
        uint64_t begin = typed(texts[t]), left = strlen(texts[t]) - begin;
        CHECK(found.n == again.n && memcmp(&found, &again, sizeof found) == 0);
        CHECK(t > 4u || found.n >= 2u);
        for (i = 0; i < found.n; i++) {
            CHECK(found.s[i].nbytes >= left && left <= PYLM_WORD_NBYTES);
            CHECK(pylm__same_letters(found.s[i].text, (const uint8_t *)texts[t] + begin, left));
            CHECK(pylm_typed_word(found.s[i].text, found.s[i].nbytes) == 0);
            CHECK(i == 0 || found.s[i].cost_q16 >= found.s[i - 1u].cost_q16);
            for (j = 0; j < i; j++)
                CHECK(found.s[i].nbytes != found.s[j].nbytes ||
                      memcmp(found.s[i].text, found.s[j].text, found.s[i].nbytes) != 0);
        }
    }
    free(image.data);
}

/* The words of the text are "w" and a number; most of the probability is that of words it has. */
static void test_external(void)
{
    struct image image = train_kind(KIND_EXTERNAL, N_SHARED_WORDS);
    pylm_state state;
    struct suggested found;
    pylm_suggestion s[2];
    pylm_model model;
    uint32_t n = 2;
    void *work;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_state_init(&model, &state);
    work = allocate((size_t)pylm_suggest_nbytes(&model, 2));
    CHECK(pylm_suggest(&model, &state, "w1 w", 4, work, s, &n) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_read_typed(&model, &state, "w", 1) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_state_push(&model, &state, ID_OF('w')) == PYLM_OK);
    found = suggest(&model, &state, "1", K); /* in this vocabulary every byte is written twice */
    CHECK(found.n && found.s[0].text[0] == '1');
    free(work);
    free(image.data);
}

int main(void)
{
    test_exact(1);
    test_exact(2);
    test_apostrophes();
    test_case();
    test_typed_word();
    test_sentences();
    test_reading();
    test_spelling(0);
    test_spelling(3);
    test_external();
    return finish();
}
