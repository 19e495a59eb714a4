/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * wanted.c: the leaves that suggestions may use. See wanted.h.
 */
#include "wanted.h"

#include <string.h>

#include "core/lexicon.h"
#include "modules/text/vocabulary.h"
#include "typing.h"

#if PYLM_MODULE_KEYBOARD

int pylm__is_word(const uint8_t *text, uint64_t nbytes)
{
    return nbytes && pylm__is_wordlike(text, nbytes) && !pylm__joint(text, nbytes);
}

uint32_t pylm__mark_wanted(const struct pylm__request *request, const struct pylm__workspace *workspace,
                           pylm__is_wanted is_wanted, const void *user)
{
    const struct pylm__tree *tree = &workspace->walk->mixer.tree;
    const struct pylm__model *model = pylm__model_view(request->model);
    uint32_t symbol, leaf, n = 0, nbytes, n_symbols = model->n_symbols, n_texts;
    const unsigned char *text;
    memset(workspace->wanted, 0, (n_symbols + 31u) / 32u * sizeof *workspace->wanted);
    n_texts = pylm__n_all_symbols(model);
    for (symbol = 0; symbol < n_texts; symbol++) {
        text = pylm__symbol_text(model, symbol, &nbytes);
        if (!is_wanted(user, text, nbytes))
            continue;
        leaf = pylm__tree_leaf(tree, pylm__place_of(model, symbol));
        if (leaf >= n_symbols) /* a damaged image */
            continue;
        workspace->wanted[leaf >> 5] |= UINT32_C(1) << (leaf & 31u);
        n++;
    }
    return n;
}

struct pylm__small pylm__small_from_cost(uint32_t cost_q16)
{
    struct pylm__small x;
    x.mantissa = pylm__exp2_neg(cost_q16 & 65535u);
    x.exponent = cost_q16 >> 16;
    if (!(x.mantissa >> 31)) {
        x.mantissa <<= 1;
        x.exponent++;
    }
    return x;
}

#endif
