/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * Lattices: arcs, symbols and settings out of any bytes.
 */
#include "fuzz.h"
#include "pylm_decode.h"

#define HEAD_NBYTES 8u
#define N_SYMBOLS 16u
#define MOST_ARCS 200u
#define MOST_MEMORY (UINT64_C(1) << 24)

static void search(const pylm_model *model, const pylm_lattice *lattice, uint64_t nbytes)
{
    void *memory = malloc((size_t)nbytes + 8u), *work = malloc((size_t)pylm_work_nbytes(model));
    pylm_state state;
    pylm_path path;
    uint32_t arc = 0, i, n = 0;
    PROMISE(memory && work);
    pylm_state_init(model, &state);
    do
        pylm_lattice_search(model, lattice, &state, memory, work, &arc);
    while (arc < lattice->n_arcs);
    while (pylm_lattice_path(lattice, memory, &path)) {
        PROMISE(++n <= lattice->n_best);
        for (i = 0; i < path.n_arcs; i++)
            PROMISE(path.arcs[i] < lattice->n_arcs);
    }
    free(work);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    pylm_arc arcs[MOST_ARCS];
    uint32_t symbols[N_SYMBOLS], i, n;
    pylm_lattice lattice;
    uint64_t needed;
    const uint8_t *at = data + HEAD_NBYTES;
    if (nbytes < HEAD_NBYTES)
        return 0;
    n = nbytes / 5u - 1u < MOST_ARCS ? (uint32_t)(nbytes / 5u - 1u) : MOST_ARCS;
    for (i = 0; i < N_SYMBOLS; i++)
        symbols[i] = (uint32_t)data[0] * i % 250u;
    for (i = 0; i < n && at + 5 <= data + nbytes; i++, at += 5) {
        pylm_arc arc = {at[0], at[1], (at[2] - 128) * 30000, at[3] % 20u, at[4] % 20u};
        arcs[i] = arc;
    }
    memset(&lattice, 0, sizeof lattice);
    lattice.arcs = arcs;
    lattice.symbols = symbols;
    lattice.n_arcs = i < n ? i : n;
    lattice.n_symbols = N_SYMBOLS;
    lattice.n_nodes = data[1];
    lattice.beam = data[2];
    lattice.merge = data[3] % 20u;
    lattice.weight_q16 = (uint32_t)data[4] << (data[5] % 20u);
    lattice.n_best = data[6];
    if (pylm_lattice_nbytes(golden(data[7]), &lattice, &needed) == PYLM_OK && needed < MOST_MEMORY)
        search(golden(data[7]), &lattice, needed);
    return 0;
}
