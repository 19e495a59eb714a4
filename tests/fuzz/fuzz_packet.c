/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Packets: any bytes unpack to an error or to a text of bounded length; or they are packed as a text, and come back.
 */
#include "fuzz.h"

#define MOST_TEXT 100u
#define MOST_PACKED 50u

/* An error, or a text that has room. */
static void unpack(const pylm_model *model, const uint8_t *packet, uint64_t nbytes, void *work)
{
    uint8_t text[MOST_TEXT];
    uint64_t n = MOST_TEXT;
    pylm_state state;
    pylm_state_init(model, &state);
    if (pylm_unpack(model, &state, packet, nbytes, work, text, &n) == PYLM_OK)
        PROMISE(n <= MOST_TEXT);
}

static void pack(const pylm_model *model, const uint8_t *text, uint64_t n, void *work)
{
    uint8_t back[MOST_TEXT], packed[MOST_PACKED + 1u];
    uint64_t n_packed = sizeof packed, n_back = MOST_TEXT;
    pylm_state state;
    pylm_state_init(model, &state);
    PROMISE(pylm_pack(model, &state, text, n, work, packed, &n_packed) == PYLM_OK && n_packed <= n + 1u);
    pylm_state_init(model, &state);
    PROMISE(pylm_unpack(model, &state, packed, n_packed, work, back, &n_back) == PYLM_OK);
    PROMISE(n_back == n && (!n || !memcmp(back, text, (size_t)n)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    static const uint32_t packing[] = {1, 2}; /* bytes, pieces */
    const pylm_model *model = golden(packing[nbytes ? data[0] % 2u : 0u]);
    uint8_t *copy = copy_of(data, nbytes);
    void *work = malloc((size_t)pylm_work_nbytes(model));
    PROMISE(work != NULL);
    if (choice(data, nbytes) >> 8 & 1u)
        unpack(model, copy, nbytes, work);
    else
        pack(model, copy, nbytes < MOST_PACKED ? nbytes : MOST_PACKED, work);
    free(work);
    free(copy);
    return 0;
}
