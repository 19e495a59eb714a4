/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Texts to packets and back: every text comes back, the packet takes what the score says, both states have read what
 * scoring reads, and packets that nobody packed are harmless.
 *
 *     test_pack [PACKETS]        so many damaged ones; 3,000 unless given
 */
#include "pylm_adapt.h"
#include "pylm_pack.h"
#include "pylm_text.h"

#include "check.h"
#include "modules/pack/coder.h"

#define MOST 4096u

static pylm_model model;
static pylm_info info;
static void *work;
static uint64_t n_damaged = 3000;
static uint8_t packed[MOST + 16u], unpacked[MOST + 64u];

/* ---- the coder alone ---- */

#define N_DECISIONS 20000u

/* Decisions as probable as they are said to be, or always those that were improbable. Nearly certain ones bring long
 * rows of bytes 255, through which a carry goes. */
static void test_coder(int against)
{
    static uint8_t out[2u * N_DECISIONS];
    struct pylm__coder coder;
    uint64_t seed, n, i;
    double bits = 0;
    int pass, side;
    for (pass = 0; pass < 2; pass++) {
        seed = 7;
        if (pass)
            pylm__coder_read(&coder, out, n);
        else
            pylm__coder_write(&coder, out, sizeof out);
        for (i = 0; i < N_DECISIONS; i++) {
            uint64_t r = random_number(&seed);
            uint32_t right = r % 5u == 0 ? 65535u : r % 5u == 1u ? 1u : 1u + (uint32_t)(r >> 8) % 65535u;
            side = (uint32_t)(r >> 32 & 65535u) < right;
            side = against && i % 7u == 0 ? right < 32768u : side;
            CHECK(pylm__coder_decide(&coder, right, pass ? 0 : side) == side);
            CHECK(coder.range >= 1u << 24);
            right = side ? right : 65536u - right;
            for (; !pass && right < 65536u; right <<= 1) /* log2 in whole bits is a bound */
                bits++;
        }
        if (!pass) {
            pylm__coder_finish(&coder);
            n = coder.at;
            CHECK(8.0 * (double)n <= 1.01 * bits + 16.0);
        }
    }
    CHECK(pylm__coder_is_whole(&coder));
}

/* Every short row of decisions has an ending that is read back, whatever follows the packet is not looked at. */
static void test_endings(void)
{
    uint32_t row, i, n, p[10] = {65535, 32768, 1, 60000, 65535, 3, 32768, 65000, 40000, 20000};
    for (row = 0; row < 1024u; row++) {
        struct pylm__coder coder;
        uint8_t out[32];
        pylm__coder_write(&coder, out, sizeof out);
        for (i = 0; i < 10u; i++)
            (void)pylm__coder_decide(&coder, p[i], (int)(row >> i & 1u));
        pylm__coder_finish(&coder);
        n = (uint32_t)coder.at;
        CHECK(n >= 1u && n < sizeof out && out[0] < PYLM__PACK_FIRST);
        memset(out + n, 0xa5, sizeof out - n);
        pylm__coder_read(&coder, out, n);
        for (i = 0; i < 10u; i++)
            CHECK(pylm__coder_decide(&coder, p[i], 0) == (int)(row >> i & 1u));
        CHECK(pylm__coder_is_whole(&coder));
    }
}

/* ---- texts ---- */

/* A state that has read nothing, and learns if there is memory. */
static pylm_state new_state(uint8_t *memory, uint64_t nbytes)
{
    pylm_state state;
    pylm_state_init(&model, &state);
    if (memory) {
        REQUIRE(pylm_overlay_init(&model, memory, nbytes) == PYLM_OK);
        REQUIRE(pylm_state_attach(&model, &state, memory, nbytes) == PYLM_OK);
    }
    return state;
}

/* What scoring says of a text and its end, 1/65536 bit. */
static uint64_t score(pylm_state *state, const uint8_t *text, uint64_t nbytes)
{
    static uint32_t symbols[MOST + 1u];
    uint32_t end = info.text_end == PYLM_NONE ? info.line_end : info.text_end;
    uint64_t position = 0, n = MOST, cost, end_cost;
    REQUIRE(pylm_encode(&model, text, nbytes, PYLM_TEXT_OPEN, &position, symbols, &n) == PYLM_OK);
    CHECK(pylm_score(&model, state, symbols, n, work, NULL, &cost) == PYLM_OK);
    CHECK(pylm_score(&model, state, &end, 1, work, NULL, &end_cost) == PYLM_OK);
    return cost + end_cost;
}

static uint64_t sum_of_costs;

/* Packs and unpacks a text; returns the length of the packet. The three states go on. */
static uint64_t go_round(pylm_state *here, pylm_state *there, pylm_state *scored, const uint8_t *text, uint64_t nbytes)
{
    uint64_t n = nbytes + 1u, n_back = nbytes, cost, n_lines = 1, i;
    memset(packed, 0xee, sizeof packed);
    CHECK(pylm_pack(&model, here, text, nbytes, work, packed, &n) == PYLM_OK);
    CHECK(n <= nbytes + 1u && packed[nbytes + 1u] == 0xee);
    CHECK(pylm_unpack(&model, there, packed, n, work, unpacked, &n_back) == PYLM_OK);
    CHECK(n_back == nbytes && memcmp(unpacked, text, (size_t)nbytes) == 0);
    CHECK((n == 0) == (nbytes == 0));
    if (!nbytes)
        return n;
    for (i = 0; i < nbytes; i++)
        n_lines += text[i] == '\n';
    cost = score(scored, text, nbytes);
    CHECK(n == nbytes + 1u || (double)n * 8.0 <= (double)cost / 65536.0 * 1.002 + (n_lines > 1u ? 40.0 : 8.2));
    sum_of_costs += cost;
    return n;
}

static void test_texts(int learns)
{
    static uint8_t memory[3][1 << 15];
    pylm_state state[3];
    uint64_t seed = 3, i, begin, end, sum = 0;
    size_t n_text;
    uint8_t noise[600];
    char *text = make_text(400, 2, &n_text);
    sum_of_costs = 0;
    for (i = 0; i < 3u; i++)
        state[i] = new_state(learns ? memory[i] : NULL, sizeof memory[i]);
    for (begin = 0; begin < n_text; begin = end + 1u) {
        for (end = begin; end < n_text && text[end] != '\n'; end++) {
        }
        sum += go_round(&state[0], &state[1], &state[2], (uint8_t *)text + begin, end - begin);
    }
    CHECK(2u * sum < n_text);
    CHECK(sum * 8u >= sum_of_costs / 65536u); /* by luck one may take less, as its length says something, too */
    (void)go_round(&state[0], &state[1], &state[2], (uint8_t *)text, n_text); /* many lines */
    (void)go_round(&state[0], &state[1], &state[2], (const uint8_t *)"\n", 1);
    (void)go_round(&state[0], &state[1], &state[2], (const uint8_t *)"\n\n\nw1 w2\n", 9);
    for (i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)random_number(&seed);
    CHECK(go_round(&state[0], &state[1], &state[2], noise, sizeof noise) == sizeof noise + 1u); /* as it is */
    (void)go_round(&state[0], &state[1], &state[2], (uint8_t *)text, 9);
    for (i = 0; i < 2u; i++) {
        CHECK(learns || memcmp(&state[i], &state[2], sizeof state[2]) == 0);
        CHECK(!learns || memcmp(memory[i], memory[2], sizeof memory[2]) == 0);
    }
    free(text);
}

static void test_room(void)
{
    static const uint8_t text[] = "w1 w2 w3 w17 w4 w33";
    pylm_state state = new_state(NULL, 0);
    uint64_t n = MOST, most, n_text = 0;
    CHECK(pylm_pack(&model, &state, text, sizeof text - 1u, work, packed, &n) == PYLM_OK);
    most = n;
    for (n = 0; n < most; n++) {
        uint64_t room = n;
        state = new_state(NULL, 0);
        memset(packed, 0xee, sizeof packed);
        CHECK(pylm_pack(&model, &state, text, sizeof text - 1u, work, packed, &room) == PYLM_ERR_SPACE);
        CHECK(packed[n] == 0xee);
    }
    n = most;
    state = new_state(NULL, 0);
    CHECK(pylm_pack(&model, &state, text, sizeof text - 1u, work, packed, &n) == PYLM_OK && n == most);
    for (n_text = 0; n_text < sizeof text - 1u; n_text++) {
        uint64_t room = n_text;
        state = new_state(NULL, 0);
        memset(unpacked, 0xee, sizeof unpacked);
        CHECK(pylm_unpack(&model, &state, packed, most, work, unpacked, &room) == PYLM_ERR_SPACE);
        CHECK(unpacked[n_text] == 0xee);
    }
}

static int unpack(const uint8_t *packet, uint64_t nbytes, uint64_t *n_text)
{
    pylm_state state = new_state(NULL, 0);
    *n_text = MOST;
    return pylm_unpack(&model, &state, packet, nbytes, work, unpacked, n_text);
}

static void test_kinds_of_packets(void)
{
    static const uint8_t text[] = "w1 w2 w3";
    uint32_t print = pylm_fingerprint(&model), i;
    uint64_t n, n_text;
    uint8_t named[64] = {0xfe};
    pylm_state state = new_state(NULL, 0);
    for (i = 0; i < 4u; i++)
        named[1u + i] = (uint8_t)(print >> 8u * i);
    n = sizeof named - 5u;
    CHECK(pylm_pack(&model, &state, text, 8, work, named + 5, &n) == PYLM_OK);
    CHECK(unpack(named, n + 5u, &n_text) == PYLM_OK && n_text == 8u && memcmp(unpacked, text, 8) == 0);
    CHECK(unpack(named, 5, &n_text) == PYLM_OK && n_text == 0);
    for (i = 1; i < 5u; i++)
        CHECK(unpack(named, i, &n_text) == PYLM_ERR_DAMAGED);
    named[2] ^= 1u;
    CHECK(unpack(named, n + 5u, &n_text) == PYLM_ERR_BASE);
    named[2] ^= 1u;
    named[5] = 0xfe; /* a name in a name */
    CHECK(unpack(named, n + 5u, &n_text) == PYLM_ERR_VERSION);
    CHECK(unpack((const uint8_t *)"\xfc"
                                  "a",
                 2, &n_text) == PYLM_ERR_VERSION);
    CHECK(unpack((const uint8_t *)"\xfd", 1, &n_text) == PYLM_ERR_VERSION);
    CHECK(unpack((const uint8_t *)"\xff"
                                  "any",
                 4, &n_text) == PYLM_OK &&
          n_text == 3u);
    CHECK(unpack((const uint8_t *)"\xff", 1, &n_text) == PYLM_ERR_DAMAGED);
    CHECK(unpack(named, 0, &n_text) == PYLM_OK && n_text == 0);
}

/* Noise, and packets with a byte changed, cut off or added: a text of bounded length, or an error. */
static void test_damage(void)
{
    uint64_t seed = 11, i, n, n_text, n_whole = 0;
    uint8_t packet[40];
    for (i = 0; i < n_damaged; i++) {
        uint64_t r = random_number(&seed);
        n = r % sizeof packet;
        pylm_state state = new_state(NULL, 0);
        if (i % 2u) {
            uint64_t room = sizeof packet - 1u;
            CHECK(pylm_pack(&model, &state, "w1 w2 w3 w4 w17 w29", 19, work, packet, &room) == PYLM_OK);
            packet[r % room] ^= (uint8_t)(1u << (r >> 8) % 8u);
            n = room - (r >> 16) % 2u + (r >> 24) % 2u;
        } else {
            for (n_text = 0; n_text < n; n_text++)
                packet[n_text] = (uint8_t)random_number(&seed);
        }
        n_text = MOST;
        state = new_state(NULL, 0);
        n_whole += pylm_unpack(&model, &state, packet, n, work, unpacked, &n_text) == PYLM_OK;
        CHECK(n_text <= MOST);
    }
    CHECK(n_whole > 0);
    memset(packed, 0, MOST); /* the most probable text, which hardly needs a bit, again and again */
    CHECK(unpack(packed, MOST, &n_text) != PYLM_OK);
}

static void test_kind(int kind, int packs)
{
    struct image image = train_kind(kind, N_SHARED_WORDS);
    pylm_state state;
    uint64_t n = 8;
    REQUIRE(pylm_model_open(&model, image.data, image.nbytes) == PYLM_OK);
    pylm_model_info(&model, &info);
    work = allocate((size_t)pylm_work_nbytes(&model));
    if (packs) {
        test_texts(0);
        test_texts(1);
        test_room();
        test_kinds_of_packets();
        test_damage();
    } else {
        pylm_state_init(&model, &state);
        CHECK(pylm_pack(&model, &state, "w1", 2, work, packed, &n) == PYLM_ERR_ARGUMENT);
        CHECK(pylm_unpack(&model, &state, packed, 1, work, unpacked, &n) == PYLM_ERR_ARGUMENT);
    }
    free(work);
    free(image.data);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        n_damaged = strtoull(argv[1], NULL, 10);
    test_coder(0);
    test_coder(1);
    test_endings();
    test_kind(KIND_BYTES, 1);
    test_kind(KIND_PIECES, 1);
    test_kind(KIND_LAST_WORDS, 1);
    test_kind(KIND_WORDS, 0);
    test_kind(KIND_TREES, 0);
    test_kind(KIND_EXTERNAL, 0);
    test_kind(KIND_KERNEL(2), 0);
    return finish();
}
