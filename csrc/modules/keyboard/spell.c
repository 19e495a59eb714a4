/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * spell.c: words of several symbols, for models of bytes, pieces and external tokens.
 *
 * This is a best-first search. A beginning is a text and the state that has read it. The most probable beginning is
 * taken from a list, again and again, and extended by the symbols that may follow. At first these are the symbols that
 * agree with the typed prefix, later those that go on with the word. A beginning is also extended by the end of the
 * word, with the probability of all symbols that do not go on. So words come out best first. The list has a fixed
 * number of places: a beginning that finds none is lost. Symbols less probable than 1/1024 are left out. So the words
 * are the best in practice, not by proof.
 *
 * A prefix may be spelled in several ways: "ho" in "home" by "home", "hom" + "e", or "h" + "ome". Words and prefix have
 * the sum of the probabilities of all spellings. A word's probability is divided by that of the prefix.
 */
#include "spell.h"

#include "core/score.h"
#include "core/search.h"
#include "core/walk.h"

#include <string.h>

#include "modules/text/constraint.h"
#include "modules/text/vocabulary.h"
#include "typing.h"

#if PYLM_MODULE_KEYBOARD

#define N_BEGINNINGS 40u
#define N_EXTENSIONS 12u                    /* symbols that extend a beginning, at most */
#define N_ROUNDS 96u                        /* beginnings extended, at most */
#define MIN_MASS (UINT64_C(1) << 52)        /* of a symbol's probability, q62: 1/1024 */
#define TEXT_NBYTES (PYLM_WORD_NBYTES + 1u) /* with the space before it */

struct beginning {
    pylm_state state; /* has read the text */
    uint32_t cost_q16;
    uint8_t is_whole; /* the word ends here; its cost includes that end */
    uint8_t nbytes;
    uint8_t text[TEXT_NBYTES];
};

struct spelling {
    const struct pylm__request *request;
    const struct pylm__workspace *workspace;
    struct beginning *list;
    uint32_t n;
    uint8_t typed[TEXT_NBYTES]; /* the space, if one was typed, and the prefix */
    uint32_t typed_nbytes;
    struct pylm__small total; /* of the prefix: sum over the spellings found; mantissa 0: none */
};

/* The extension of one beginning. */
struct extension {
    struct pylm__visitor visitor;
    const struct spelling *spelling;
    const struct beginning *from;
    int is_covered; /* the beginning has all that was typed */
    pylm_candidate best[N_EXTENSIONS];
    uint32_t n;
    uint64_t covering; /* probability, q62, of the symbols that complete what was typed */
    uint64_t ending;   /* the same of those that do not go on with the word */
    uint64_t visited;
};

/* ---- what may follow ---- */

/* Whether a text may follow `before` bytes of a word. */
static int goes_on(uint32_t before, const uint8_t *text, uint32_t nbytes)
{
    return nbytes && (before ? pylm__is_wordlike(text, nbytes) : pylm__is_word(text, nbytes));
}

static uint32_t n_spaces(const uint8_t *text, uint32_t nbytes)
{
    return nbytes && text[0] == ' ';
}

/* Whether a symbol agrees with the rest of what was typed. */
static int agrees(const void *user, const uint8_t *text, uint32_t nbytes)
{
    const struct extension *extension = user;
    uint32_t at = extension->from->nbytes, left = extension->spelling->typed_nbytes - at;
    uint32_t space = at ? 0u : n_spaces(text, nbytes), before = at - n_spaces(extension->from->text, at);
    if (!nbytes || text[0] != extension->spelling->typed[at])
        return 0;
    return memcmp(extension->spelling->typed + at, text, nbytes < left ? nbytes : left) == 0 &&
           (nbytes == space || goes_on(before, text + space, nbytes - space));
}

/* Keeps a symbol, if it is one of the best: those that cost less, or as much with a smaller number. So it does not
 * matter in which order they come. */
static void keep(struct extension *extension, uint32_t symbol, uint32_t cost_q16)
{
    const pylm_candidate found = {symbol, cost_q16};
    uint32_t i;
    if (extension->n == N_EXTENSIONS && !pylm__is_better(found, extension->best[extension->n - 1u]))
        return;
    i = extension->n < N_EXTENSIONS ? extension->n++ : extension->n - 1u;
    for (; i && pylm__is_better(found, extension->best[i - 1u]); i--)
        extension->best[i] = extension->best[i - 1u];
    extension->best[i] = found;
}

static void visit_leaf(struct pylm__visitor *visitor, uint32_t leaf, const struct pylm__chance *chance)
{
    struct extension *extension = (struct extension *)(void *)visitor;
    uint32_t symbol = pylm__tree_symbol(&extension->spelling->workspace->walk->mixer.tree, leaf), nbytes;
    uint32_t at = extension->from->nbytes;
    const unsigned char *text;
    text = pylm__symbol_text(pylm__model_view(extension->spelling->request->model), symbol, &nbytes);
    extension->visited += chance->mass;
    if (extension->is_covered) {
        if (!goes_on(at - n_spaces(extension->from->text, at), text, nbytes)) {
            extension->ending += chance->mass;
            return;
        }
    } else {
        if (!agrees(extension, text, nbytes))
            return;
        if (at + nbytes >= extension->spelling->typed_nbytes)
            extension->covering += chance->mass;
    }
    keep(extension, symbol, pylm__small_cost(chance->p));
}

/* ---- the list ---- */

static struct beginning *worst_of(struct spelling *s)
{
    uint32_t i, worst = 0;
    for (i = 1; i < s->n; i++)
        if (s->list[i].cost_q16 > s->list[worst].cost_q16)
            worst = i;
    return &s->list[worst];
}

static void push(struct spelling *s, const struct beginning *b)
{
    struct beginning *worst;
    if (s->n < N_BEGINNINGS) {
        s->list[s->n++] = *b;
        return;
    }
    worst = worst_of(s);
    if (b->cost_q16 < worst->cost_q16)
        *worst = *b;
}

static struct beginning pop_best(struct spelling *s)
{
    uint32_t i, best = 0;
    struct beginning result;
    for (i = 1; i < s->n; i++)
        if (s->list[i].cost_q16 < s->list[best].cost_q16)
            best = i;
    result = s->list[best];
    s->list[best] = s->list[--s->n];
    return result;
}

/* ---- search ---- */

/* Adds the probability of a cost to a sum, which may be 0. */
static struct pylm__small add_cost(struct pylm__small sum, uint32_t cost_q16)
{
    struct pylm__small p = pylm__small_from_cost(cost_q16);
    return sum.mantissa ? pylm__small_plus(sum, p) : p;
}

static void walk_symbols(struct extension *extension, uint64_t min_mass, const uint32_t *wanted)
{
    const struct pylm__request *request = extension->spelling->request;
    extension->visited = extension->covering = 0;
    extension->visitor.min_mass = min_mass;
    extension->visitor.wanted = wanted;
    pylm__walk(pylm__model_view(request->model), pylm__state_const(&extension->from->state),
               extension->spelling->workspace->walk, UINT64_C(1) << 62, &extension->visitor, visit_leaf);
}

/* Looks at the symbols that may extend a beginning. */
static void find_extensions(struct extension *extension)
{
    const struct pylm__request *request = extension->spelling->request;
    const struct pylm__workspace *workspace = extension->spelling->workspace;
    pylm__work_first_tree(pylm__model_view(request->model), workspace->walk);
    if (extension->is_covered || !request->prefix_nbytes) {
        walk_symbols(extension, MIN_MASS, NULL);
        if (!extension->n && !extension->is_covered)
            walk_symbols(extension, 0, NULL); /* a space was typed, even if it is improbable */
    } else if (pylm__mark_wanted(request, workspace, agrees, extension)) {
        walk_symbols(extension, 0, workspace->wanted);
    }
}

/* Adds to the list that the word ends here. */
static void push_whole(struct spelling *s, const struct extension *extension)
{
    struct beginning whole = *extension->from;
    uint32_t space = n_spaces(whole.text, whole.nbytes);
    uint8_t last = whole.nbytes ? whole.text[whole.nbytes - 1u] : 0u;
    if (!extension->ending || last == '\'' || last == '-' || !pylm__is_word(whole.text + space, whole.nbytes - space))
        return;
    whole.cost_q16 += pylm__mass_cost(extension->ending) - pylm__mass_cost(extension->visited);
    whole.is_whole = 1;
    push(s, &whole);
}

/* Adds to the list that the word goes on with a symbol. */
static void push_longer(struct spelling *s, const struct beginning *from, pylm_candidate with)
{
    const struct pylm__model *model = pylm__model_view(s->request->model);
    struct beginning longer = *from;
    const unsigned char *text;
    uint32_t nbytes;
    struct pylm__small p;
    text = pylm__symbol_text(pylm__model_view(s->request->model), with.symbol, &nbytes);
    if (nbytes > TEXT_NBYTES - from->nbytes)
        return;
    memcpy(longer.text + longer.nbytes, text, nbytes);
    longer.nbytes = (uint8_t)(longer.nbytes + nbytes);
    if (model->n_trees > 1u) {
        pylm__probabilities(model, pylm__state_const(&from->state), &with.symbol, 1, s->workspace->path, NULL, &p);
        with.cost_q16 = pylm__small_cost(p);
    }
    longer.cost_q16 += with.cost_q16;
    (void)pylm_state_push(s->request->model, &longer.state, with.symbol);
    push(s, &longer);
}

static void extend(struct spelling *s, const struct beginning *from)
{
    struct extension extension;
    uint32_t i;
    memset(&extension, 0, sizeof extension);
    extension.spelling = s;
    extension.from = from;
    extension.is_covered = from->nbytes >= s->typed_nbytes;
    find_extensions(&extension);
    if (extension.covering && s->request->prefix_nbytes)
        s->total = add_cost(s->total, from->cost_q16 + pylm__mass_cost(extension.covering));
    if (extension.is_covered)
        push_whole(s, &extension);
    for (i = 0; i < extension.n; i++)
        push_longer(s, from, extension.best[i]);
}

/* Puts a word among the suggestions. If it is there in another case or spelling, that one becomes more probable. */
static uint32_t add_word(pylm_suggestion *suggestions, uint32_t n, const struct beginning *whole)
{
    uint32_t space = n_spaces(whole->text, whole->nbytes), nbytes = whole->nbytes - space, i;
    pylm_suggestion moving;
    for (i = 0; i < n; i++)
        if (suggestions[i].nbytes == nbytes && pylm__same_letters(suggestions[i].text, whole->text + space, nbytes))
            break;
    if (i == n) {
        suggestions[n].cost_q16 = whole->cost_q16;
        suggestions[n].nbytes = nbytes;
        memcpy(suggestions[n++].text, whole->text + space, nbytes);
        return n;
    }
    moving = suggestions[i];
    moving.cost_q16 = pylm__small_cost(add_cost(pylm__small_from_cost(moving.cost_q16), whole->cost_q16));
    for (; i && moving.cost_q16 < suggestions[i - 1u].cost_q16; i--)
        suggestions[i] = suggestions[i - 1u];
    suggestions[i] = moving;
    return n;
}

uint64_t pylm__spell_nbytes(void)
{
    return N_BEGINNINGS * sizeof(struct beginning);
}

uint32_t pylm__suggest_spelled(const struct pylm__request *request, const struct pylm__workspace *workspace,
                               pylm_suggestion *suggestions, uint32_t *prefix_cost_q16)
{
    struct spelling s;
    struct beginning b;
    uint32_t n = 0, i, prefix_cost, rounds = N_ROUNDS;
    memset(&s, 0, sizeof s);
    memset(&b, 0, sizeof b);
    s.request = request;
    s.workspace = workspace;
    s.list = workspace->candidates;
    if (request->spaced)
        s.typed[s.typed_nbytes++] = ' ';
    memcpy(s.typed + s.typed_nbytes, request->prefix, request->prefix_nbytes);
    s.typed_nbytes += request->prefix_nbytes;
    b.state = *request->state;
    push(&s, &b);
    while (s.n && n < request->k) {
        b = pop_best(&s);
        if (b.is_whole) {
            n = add_word(suggestions, n, &b);
        } else if (rounds) { /* after the last round, only whole words count */
            extend(&s, &b);
            rounds--;
        }
    }
    prefix_cost = s.total.mantissa ? pylm__small_cost(s.total) : 0u;
    *prefix_cost_q16 = s.total.mantissa ? prefix_cost : UINT32_MAX;
    for (i = 0; i < n; i++)
        suggestions[i].cost_q16 -= suggestions[i].cost_q16 > prefix_cost ? prefix_cost : suggestions[i].cost_q16;
    return n;
}

#endif
