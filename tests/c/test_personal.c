/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Module keyboard, personal counts: adding and removing cancel out to the last byte. A removed text leaves nothing,
 * even where entries had to go. Damage is refused. Overlays made from counts have learned.
 */
#include "pylm_keyboard.h"

#include "check.h"

#define N_TEXTS 40u
#define NBYTES 60000u

static char *texts[N_TEXTS];
static size_t lengths[N_TEXTS];

static void make_texts(void)
{
    uint32_t i;
    for (i = 0; i < N_TEXTS; i++)
        texts[i] = make_text(3u + i % 30u, 100u + i / 2u, &lengths[i]); /* some begin alike */
}

static int add(const pylm_model *model, uint8_t *personal, uint64_t nbytes, uint32_t i)
{
    return pylm_personal_add(model, personal, nbytes, texts[i], lengths[i]);
}

static int take_out(const pylm_model *model, uint8_t *personal, uint64_t nbytes, uint32_t i)
{
    return pylm_personal_remove(model, personal, nbytes, texts[i], lengths[i]);
}

/* Counts of the texts whose bit is set, one after the other. */
static uint8_t *count(const pylm_model *model, uint64_t which)
{
    uint8_t *personal = allocate(NBYTES);
    uint32_t i;
    REQUIRE(pylm_personal_init(model, personal, NBYTES) == PYLM_OK);
    for (i = 0; i < N_TEXTS; i++)
        if (which >> i & 1u)
            CHECK(add(model, personal, NBYTES, i) == PYLM_OK);
    return personal;
}

static int is_same(uint8_t *a, uint8_t *b)
{
    uint64_t nbytes = pylm_personal_seal(a, NBYTES);
    return pylm_personal_seal(b, NBYTES) == nbytes && memcmp(a, b, (size_t)nbytes) == 0;
}

/* Texts are added and removed in any order. The counts are as if only the remaining texts had been added. */
static void test_cancels_out(const pylm_model *model)
{
    uint8_t *personal = count(model, 0), *expected;
    uint64_t there = 0, seed = 5;
    uint32_t step, i;
    for (step = 0; step < 300u; step++) {
        i = (uint32_t)(random_number(&seed) % N_TEXTS);
        if (there >> i & 1u)
            CHECK(take_out(model, personal, NBYTES, i) == PYLM_OK);
        else
            CHECK(add(model, personal, NBYTES, i) == PYLM_OK);
        there ^= UINT64_C(1) << i;
        if (step % 60u == 59u) {
            expected = count(model, there);
            CHECK(is_same(personal, expected));
            free(expected);
        }
    }
    CHECK(pylm_personal_is_exact(personal));
    free(personal);
}

/* Removing a text of which only the beginning was added changes nothing. */
static void test_never_added(const pylm_model *model)
{
    uint8_t *personal = count(model, 7), *before = count(model, 7);
    CHECK(pylm_personal_remove(model, personal, NBYTES, "w1 w1 w1 w1 w1 w2 w1 w1 w7", 26) == PYLM_ERR_ARGUMENT);
    CHECK(is_same(personal, before));
    CHECK(pylm_personal_add(model, personal, NBYTES, "w3 w4", 5) == PYLM_OK);
    CHECK(pylm_personal_remove(model, personal, NBYTES, "w3 w4 w3 w4", 11) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_personal_remove(model, personal, NBYTES, "w3 w4", 5) == PYLM_OK);
    CHECK(pylm_personal_remove(model, personal, NBYTES, "", 0) == PYLM_OK);
    CHECK(is_same(personal, before));
    free(personal);
    free(before);
}

/* In the smallest room, entries go all the time. When all texts are removed, nothing is left. */
static void test_little_room(const pylm_model *model)
{
    uint64_t nbytes, left;
    uint32_t i;
    for (nbytes = 112; nbytes < 1500u; nbytes += 333u) {
        uint8_t *personal = allocate((size_t)nbytes);
        CHECK(pylm_personal_init(model, personal, nbytes - (nbytes == 112u)) ==
              (nbytes == 112u ? PYLM_ERR_SPACE : PYLM_OK));
        CHECK(pylm_personal_init(model, personal, nbytes) == PYLM_OK);
        for (i = 0; i < N_TEXTS; i++)
            CHECK(add(model, personal, nbytes, i) == PYLM_OK);
        CHECK(!pylm_personal_is_exact(personal));
        CHECK(pylm_personal_seal(personal, nbytes) <= nbytes);
        for (i = 0; i < N_TEXTS; i++)
            CHECK(take_out(model, personal, nbytes, i) == PYLM_OK);
        left = pylm_personal_seal(personal, nbytes);
        CHECK(left == 32u);
        CHECK(pylm_personal_open(model, personal, nbytes) == PYLM_OK);
        free(personal);
    }
}

static void test_damage(const pylm_model *model, const pylm_model *other)
{
    uint8_t *personal = count(model, 31), *copy = allocate(NBYTES);
    size_t used = (size_t)pylm_personal_seal(personal, NBYTES), i;
    CHECK(used > 32u && pylm_personal_open(model, personal, NBYTES) == PYLM_OK);
    CHECK(pylm_personal_open(model, personal, used) == PYLM_OK);
    CHECK(pylm_personal_open(other, personal, NBYTES) == PYLM_ERR_ARGUMENT);
    CHECK(pylm_personal_open(model, personal, used - 1u) == PYLM_ERR_TRUNCATED);
    CHECK(pylm_personal_open(model, personal, 31) == PYLM_ERR_FOREIGN);
    for (i = 0; i < used; i++) {
        memcpy(copy, personal, NBYTES);
        copy[i] ^= (uint8_t)(1u << i % 8u);
        CHECK(pylm_personal_open(model, copy, NBYTES) != PYLM_OK);
    }
    free(personal);
    free(copy);
}

static uint64_t cost_of(const pylm_model *model, pylm_state *state, uint32_t i)
{
    uint32_t symbols[500];
    uint64_t position = 0, n, total = 0;
    void *work = allocate((size_t)pylm_work_nbytes(model));
    n = 500;
    CHECK(pylm_encode(model, texts[i], lengths[i], PYLM_TEXT_OPEN, &position, symbols, &n) == PYLM_OK);
    CHECK(pylm_score(model, state, symbols, n, work, NULL, &total) == PYLM_OK);
    free(work);
    return total;
}

/* An overlay made from counts predicts the counted texts better. Adding and removing others leaves it the same. */
static void test_overlay(const pylm_model *model, int words)
{
    enum { OVERLAY_NBYTES = 50000 };
    uint8_t *one = allocate(OVERLAY_NBYTES), *other = allocate(OVERLAY_NBYTES), *personal = count(model, 255);
    uint64_t plain = 0, learned = 0;
    pylm_state state;
    uint32_t i;
    memset(one, 0x55, OVERLAY_NBYTES);
    CHECK(pylm_personal_apply(model, personal, NBYTES, one, OVERLAY_NBYTES) == PYLM_OK);
    CHECK(pylm_personal_apply(model, personal, NBYTES, other, 100) == PYLM_ERR_SPACE);
    for (i = 0; i < 8u; i++) {
        pylm_state_init(model, &state);
        plain += cost_of(model, &state, i);
        REQUIRE(pylm_state_attach(model, &state, one, OVERLAY_NBYTES) == PYLM_OK);
        pylm_state_set_learning(&state, 0);
        learned += cost_of(model, &state, i);
    }
    CHECK(learned < plain || !words);
    for (i = 8; i < N_TEXTS; i++)
        CHECK(add(model, personal, NBYTES, i) == PYLM_OK);
    for (i = 8; i < N_TEXTS; i++)
        CHECK(take_out(model, personal, NBYTES, i) == PYLM_OK);
    CHECK(pylm_personal_apply(model, personal, NBYTES, other, OVERLAY_NBYTES) == PYLM_OK);
    CHECK(memcmp(one, other, OVERLAY_NBYTES) == 0);
    free(one);
    free(other);
    free(personal);
}

/* Counts of noise, which pylm_personal_open() would refuse: only the numbers are wrong. */
static void test_noise(const pylm_model *model)
{
    uint8_t *personal = allocate(3000), *overlay = allocate(20000);
    void *work = allocate((size_t)pylm_suggest_nbytes(model, 2));
    pylm_suggestion suggestions[2];
    pylm_state state;
    uint32_t i, n = 2;
    CHECK(pylm_personal_init(model, personal, 3000) == PYLM_OK);
    for (i = 24; i < 3000u; i++)
        personal[i] = (uint8_t)(i * i * 40503u >> 7);
    CHECK(pylm_personal_apply(model, personal, 3000, overlay, 20000) == PYLM_OK);
    REQUIRE(pylm_state_attach(model, &state, overlay, 20000) == PYLM_OK);
    CHECK(pylm_suggest(model, &state, "w1 w", 4, work, suggestions, &n) == PYLM_OK);
    CHECK(add(model, personal, 3000, 1) == PYLM_OK);
    (void)take_out(model, personal, 3000, 2);
    CHECK(pylm_personal_seal(personal, 3000) <= 3000u);
    free(personal);
    free(overlay);
    free(work);
}

/* A file of no entries, in memory that has room for none. */
static void test_no_room(const pylm_model *model)
{
    uint8_t fresh[128], *personal;
    uint64_t used, nbytes;
    CHECK(pylm_personal_init(model, fresh, sizeof fresh) == PYLM_OK);
    used = pylm_personal_seal(fresh, sizeof fresh);
    for (nbytes = used; nbytes < used + 12u; nbytes++) {
        personal = allocate((size_t)nbytes);
        memcpy(personal, fresh, (size_t)used);
        CHECK(pylm_personal_open(model, personal, nbytes) == PYLM_OK);
        CHECK(pylm_personal_add(model, personal, nbytes, texts[0], strlen(texts[0])) == PYLM_OK);
        CHECK(pylm_personal_seal(personal, nbytes) <= nbytes && !pylm_personal_is_exact(personal));
        free(personal);
    }
}

int main(void)
{
    struct image images[N_KINDS];
    pylm_model models[N_KINDS];
    int kind;
    uint32_t i;
    make_texts();
    for (kind = 0; kind < KIND_EXTERNAL; kind++) { /* which does not encode */
        images[kind] = train_kind(kind, N_SHARED_WORDS);
        REQUIRE(pylm_model_open(&models[kind], images[kind].data, images[kind].nbytes) == PYLM_OK);
    }
    for (kind = 0; kind < KIND_EXTERNAL; kind++) {
        test_cancels_out(&models[kind]);
        test_never_added(&models[kind]);
        test_little_room(&models[kind]);
        test_no_room(&models[kind]);
        test_damage(&models[kind], &models[kind ? 0 : 1]);
        test_overlay(&models[kind], kind == KIND_WORDS || kind == KIND_TREES || kind == KIND_SIZED);
        test_noise(&models[kind]);
    }
    for (kind = 0; kind < KIND_EXTERNAL; kind++)
        free(images[kind].data);
    for (i = 0; i < N_TEXTS; i++)
        free(texts[i]);
    return finish();
}
