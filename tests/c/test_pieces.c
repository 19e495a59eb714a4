/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Pieces: scripts of characters, chunks that end with a script, pieces that do not cut characters, whatever the bytes
 * and however many threads.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "train/text/chunks.h"
#include "train/text/pieces.h"
#include "train/text/scripts.h"

#define N_PIECES 2000u

/* Whether a text begins with a character of this script, and it is as long as the text. */
static int is(const char *text, enum pylm__script script)
{
    uint32_t nbytes = 0;
    enum pylm__script found = pylm__script_of((const uint8_t *)text, strlen(text), &nbytes);
    return found == script && nbytes == strlen(text);
}

static void test_scripts(void)
{
    static const char *const damaged[] = {"\x80",
                                          "\xc0\xaf",
                                          "\xc1\xbf",
                                          "\xe3",
                                          "\xe3\x81",
                                          "\xe3(\x81",
                                          "\xe0\x80\xaf",
                                          "\xed\xa0\x80",
                                          "\xf4\x90\x80\x80",
                                          "\xf5\x80\x80\x80",
                                          "\xff",
                                          "\xf0\x9f\x98",
                                          "\xf0\x8f\xbf\xbf",
                                          "\xc3("};
    uint32_t i, nbytes = 0;
    CHECK(is("a", PYLM__SCRIPT_LETTER) && is("ß", PYLM__SCRIPT_LETTER) && is("я", PYLM__SCRIPT_LETTER));
    CHECK(is("7", PYLM__SCRIPT_DIGIT) && is("７", PYLM__SCRIPT_DIGIT) && is("Ａ", PYLM__SCRIPT_LETTER));
    CHECK(is(" ", PYLM__SCRIPT_BLANK) && is("\n", PYLM__SCRIPT_BLANK));
    CHECK(is("!", PYLM__SCRIPT_SIGN) && is("。", PYLM__SCRIPT_SIGN) && is("「", PYLM__SCRIPT_SIGN));
    CHECK(is("！", PYLM__SCRIPT_SIGN) && is("・", PYLM__SCRIPT_SIGN) && is("😀", PYLM__SCRIPT_SIGN));
    CHECK(is("日", PYLM__SCRIPT_HAN) && is("々", PYLM__SCRIPT_HAN) && is("𠀀", PYLM__SCRIPT_HAN));
    CHECK(is("の", PYLM__SCRIPT_HIRAGANA) && is("カ", PYLM__SCRIPT_KATAKANA) && is("ー", PYLM__SCRIPT_KATAKANA));
    CHECK(is("ｶ", PYLM__SCRIPT_KATAKANA) && is("한", PYLM__SCRIPT_OTHER) && is("ไ", PYLM__SCRIPT_OTHER));
    for (i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        CHECK(pylm__script_of((const uint8_t *)damaged[i], strlen(damaged[i]), &nbytes) == PYLM__SCRIPT_LETTER);
        CHECK(nbytes == 1u);
    }
}

/* A corpus of one text, which is copied, in bytes. */
static void begin_corpus(struct pylm__corpus *corpus, const void *text, size_t nbytes)
{
    REQUIRE(pylm__corpus_init(corpus, PYLM_TOKENIZER_PIECES) == PYLM_OK);
    REQUIRE(pylm__corpus_add(corpus, text, nbytes, NULL) == PYLM_OK);
}

/* The chunks of a text, with "|" behind each. Owned by the caller. */
static char *chunks_of(const char *text)
{
    struct pylm__corpus corpus;
    struct pylm__chunks chunks;
    char *found = allocate(2u * strlen(text) + 1u), *at = found;
    uint32_t i;
    begin_corpus(&corpus, text, strlen(text));
    REQUIRE(pylm__chunks_count(&chunks, &corpus, 1, NULL) == PYLM_OK);
    for (i = 0; i < chunks.strings.n; i++) {
        uint64_t nbytes;
        const uint8_t *chunk = pylm__string_text(&chunks.strings, i, &nbytes);
        memcpy(at, chunk, (size_t)nbytes);
        at += nbytes;
        *at++ = '|';
    }
    *at = 0;
    pylm__chunks_free(&chunks);
    pylm__corpus_free(&corpus);
    return found;
}

static void check_chunks(const char *text, const char *expected)
{
    char *found = chunks_of(text);
    CHECK(strcmp(found, expected) == 0);
    free(found);
}

static void test_chunks(void)
{
    check_chunks("two words, 12  more", "two| words|,| 12| | more|");
    check_chunks("größer don't", "größer| don|'|t|");
    check_chunks("日本語の文です。カメラー１２、ABCは", "日本語|の|文|です|。|カメラー|１２|、|ABC|は|");
    check_chunks("한국어 Debian을", "한국어| Debian|을|");
    check_chunks("gr\xf6\xdf"
                 "er \xe3\x81 x",
                 "gr\xf6\xdf"
                 "er| \xe3\x81| x|");
    /* 48 bytes at most, and no more than whole characters */
    check_chunks(" ああああああああああああああああ", " あああああああああああああああ|あ|");
}

/* A text of Japanese, Latin and bytes of all values; at `rough` 0 without these. */
static uint8_t *mixed_text(uint32_t n_words, int rough, size_t *nbytes)
{
    static const char *const words[] = {"日本", "語", "の", "です", "ます", "。", "、", "カメラ", "word", "größer",
                                        " ",    "\n", "12", "한국", "ไทย",  "𠀀", "😀", "々",     "ー",   "\t"};
    uint8_t *text = allocate(8u * (size_t)n_words), *at = text;
    uint64_t seed = 5;
    uint32_t i;
    for (i = 0; i < n_words; i++) {
        uint64_t number = random_number(&seed);
        const char *word = words[number % (sizeof words / sizeof words[0])];
        if (rough && number >> 32 & 1u) {
            *at++ = (uint8_t)(number >> 40);
            continue;
        }
        memcpy(at, word, strlen(word));
        at += strlen(word);
    }
    *nbytes = (size_t)(at - text);
    return text;
}

static void learn(struct pylm__strings *pieces, const uint8_t *text, size_t nbytes, uint32_t n_threads)
{
    struct pylm__corpus corpus;
    begin_corpus(&corpus, text, nbytes);
    REQUIRE(pylm__strings_init(pieces) == PYLM_OK);
    CHECK(pylm__pieces_learn(pieces, &corpus, N_PIECES, n_threads, NULL) == PYLM_OK);
    pylm__corpus_free(&corpus);
}

/* Several parts: the places between them may lie within characters. */
static void test_threads(void)
{
    int rough;
    for (rough = 0; rough < 2; rough++) {
        size_t nbytes;
        uint8_t *text = mixed_text(600000, rough, &nbytes);
        struct pylm__strings one, many;
        uint32_t n_threads;
        learn(&one, text, nbytes, 1);
        CHECK(one.n > 400u);
        for (n_threads = 2; n_threads < 8u; n_threads += 3u) {
            learn(&many, text, nbytes, n_threads);
            CHECK(many.n == one.n && many.text_nbytes == one.text_nbytes);
            CHECK(memcmp(many.text, one.text, (size_t)one.text_nbytes) == 0);
            pylm__strings_free(&many);
        }
        pylm__strings_free(&one);
        free(text);
    }
}

/* Whether a piece is whole characters, or the beginning of one. */
static int is_clean(const uint8_t *piece, uint64_t nbytes)
{
    uint64_t at;
    uint32_t n;
    for (at = 0; at < nbytes; at += n) {
        (void)pylm__script_of(piece + at, nbytes - at, &n);
        if (n == 1u && piece[at] >= 0x80u)
            return at == 0;
    }
    return 1;
}

static void test_whole_characters(void)
{
    size_t nbytes;
    uint8_t *text = mixed_text(50000, 0, &nbytes);
    struct pylm__strings pieces;
    uint32_t i, n_long = 0;
    learn(&pieces, text, nbytes, 1);
    for (i = 256; i < pieces.n; i++) {
        uint64_t length;
        const uint8_t *piece = pylm__string_text(&pieces, i, &length);
        CHECK(is_clean(piece, length) && !pylm__continues(piece[0]));
        n_long += length > 4u;
    }
    CHECK(n_long > 50u);
    pylm__strings_free(&pieces);
    free(text);
}

/* By characters, not by bytes. */
static void test_default(void)
{
    struct pylm__corpus corpus;
    size_t i, n = 40000;
    char *text = allocate(3u * n);
    for (i = 0; i < n; i++)
        memcpy(text + 3u * i, "あ", 3);
    begin_corpus(&corpus, text, 3u * n);
    CHECK(pylm__pieces_default(&corpus) == 1400u);
    pylm__corpus_free(&corpus);
    free(text);
}

int main(void)
{
    test_scripts();
    test_chunks();
    test_threads();
    test_whole_characters();
    test_default();
    return finish();
}
