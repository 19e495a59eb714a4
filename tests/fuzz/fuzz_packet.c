/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Packets: any bytes unpack to an error or to a text of bounded length; and a text that was packed comes back.
 */
#include "fuzz.h"

#define MOST_TEXT 200u
#define MOST_PACKED 50u /* packing and unpacking take most of the time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    static const uint32_t packing[] = {1, 2}; /* bytes, pieces */
    const pylm_model *model = golden(packing[nbytes ? data[0] % 2u : 0u]);
    uint8_t *packet = copy_of(data, nbytes), text[MOST_TEXT], packed[MOST_PACKED + 1u];
    uint64_t n = MOST_TEXT, n_packed = sizeof packed, n_back = MOST_TEXT;
    void *work = malloc((size_t)pylm_work_nbytes(model));
    pylm_state state;
    PROMISE(work != NULL);
    pylm_state_init(model, &state);
    if (pylm_unpack(model, &state, packet, nbytes, work, text, &n) == PYLM_OK)
        PROMISE(n <= MOST_TEXT);
    n = nbytes < MOST_PACKED ? nbytes : MOST_PACKED;
    pylm_state_init(model, &state);
    PROMISE(pylm_pack(model, &state, packet, n, work, packed, &n_packed) == PYLM_OK && n_packed <= n + 1u);
    pylm_state_init(model, &state);
    PROMISE(pylm_unpack(model, &state, packed, n_packed, work, text, &n_back) == PYLM_OK);
    PROMISE(n_back == n && (!n || !memcmp(text, packet, (size_t)n)));
    free(work);
    free(packet);
    return 0;
}
