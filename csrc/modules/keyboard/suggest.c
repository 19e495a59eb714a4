/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * suggest.c: words that may come next, or that complete the one that was begun.
 *
 * In a word model a word is one symbol. A walk down the tree, to the matching leaves only, finds the best ones. With a
 * prefix it visits all of them, since their probabilities are divided by their sum. Without a prefix it leaves out what
 * is improbable, as in search.c.
 *
 * Forms that differ in case only, such as "the" and "The", are one word here. Its probability is the sum of three
 * forms: lower case, with a capital, upper case. So it is at most three times as probable as its best form, and the
 * search need not look at forms below a third of the last word.
 */
#include "spell.h"

#include "core/score.h"
#include "core/walk.h"

#include <string.h>

#include "core/lexicon.h"
#include "modules/text/constraint.h"
#include "modules/text/new_words.h"
#include "modules/text/vocabulary.h"
#include "typing.h"

#if PYLM_MODULE_KEYBOARD

#define N_FORMS 3u
#define ROUNDING_Q16 256u /* the most by which costs and masses differ on any path, 1/65536 bit */

/* ---- words of one symbol ---- */

/* A word in all its cases. */
struct word {
    uint32_t first; /* its smallest symbol, which stands for the word; of a new word PYLM_NONE */
    uint32_t shown; /* its most probable one; of a new word, where it stands in the list */
    uint32_t cost_q16;
};

struct search {
    struct pylm__visitor visitor; /* its min_mass is that below, or 0 if everything is added up */
    const struct pylm__request *request;
    const struct pylm__workspace *workspace;
    const struct pylm__model *model;
    struct word *words; /* the best k, best first */
    uint32_t n;
    uint64_t min_mass; /* the smallest probability, q62, for the best form of a word */
    uint64_t total;    /* probability of all that was visited */
};

/* The symbols of a word: `symbol` first, then its other forms. */
static uint32_t find_forms(const pylm_model *model, uint32_t symbol, uint32_t *forms)
{
    uint8_t lower[PYLM_WORD_NBYTES], other[PYLM_WORD_NBYTES];
    const unsigned char *text;
    uint32_t nbytes, n = 0, i, found;
    int to;
    text = pylm__symbol_text(pylm__model_view(model), symbol, &nbytes);
    forms[n++] = symbol;
    if (nbytes > PYLM_WORD_NBYTES || pylm__case_of(text, nbytes) == PYLM__CASE_MIXED)
        return n;
    pylm__to_case(text, nbytes, PYLM__CASE_LOWER, lower);
    for (to = PYLM__CASE_LOWER; to <= PYLM__CASE_UPPER; to++) {
        pylm__to_case(lower, nbytes, (enum pylm__case)to, other);
        found = pylm_symbol_find(model, other, nbytes);
        for (i = 0; i < n && forms[i] != found; i++)
            continue;
        if (i == n && found != PYLM_NONE && n < N_FORMS)
            forms[n++] = found;
    }
    return n;
}

/* The smallest of n symbols. */
static uint32_t first_of(const uint32_t *forms, uint32_t n)
{
    uint32_t i, first = forms[0];
    for (i = 1; i < n; i++)
        first = forms[i] < first ? forms[i] : first;
    return first;
}

static int is_known(const struct search *search, uint32_t first)
{
    uint32_t i;
    for (i = 0; i < search->n; i++)
        if (search->words[i].first == first)
            return 1;
    return 0;
}

static int is_better(const struct word *a, const struct word *b)
{
    return a->cost_q16 != b->cost_q16 ? a->cost_q16 < b->cost_q16 : a->first < b->first;
}

static void keep_word(struct search *search, const struct word *word)
{
    uint32_t i, k = search->request->k;
    if (search->n == k && !is_better(word, &search->words[k - 1u]))
        return;
    i = search->n < k ? search->n++ : k - 1u;
    for (; i && is_better(word, &search->words[i - 1u]); i--)
        search->words[i] = search->words[i - 1u];
    search->words[i] = *word;
    if (search->n == k)
        search->min_mass = ((uint64_t)pylm__exp2_neg(search->words[k - 1u].cost_q16 + ROUNDING_Q16) << 31) / N_FORMS;
}

/* A part of a probability, in 2^-30. */
static struct pylm__small shared(struct pylm__small p, uint32_t share)
{
    return share == PYLM__SHARE_ONE ? p : pylm__small_from_cost(pylm__small_cost(p) + pylm__share_cost(share));
}

static struct pylm__small probability_of(const struct search *search, uint32_t symbol)
{
    uint32_t place = symbol, share = PYLM__SHARE_ONE;
    struct pylm__small p;
    if (pylm__has_lexicon(search->model))
        place = pylm__lexicon_symbol(search->model, symbol, &share);
    pylm__probabilities(search->model, pylm__state_const(search->request->state), &place, 1, search->workspace->path,
                        NULL, &p);
    return pylm__has_lexicon(search->model) ? shared(p, share) : p;
}

/* Adds up the n forms of a word; p is the probability of the first form in the present tree. */
static struct word add_forms(const struct search *search, const uint32_t *forms, uint32_t n, struct pylm__small p)
{
    struct word word = {PYLM_NONE, PYLM_NONE, UINT32_MAX};
    struct pylm__small sum = {0, 0}, q;
    uint32_t i, cost;
    for (i = 0; i < n; i++) {
        q = p;
        if (i || search->model->n_trees > 1u)
            q = probability_of(search, forms[i]);
        sum = i ? pylm__small_plus(sum, q) : q;
        cost = pylm__small_cost(q);
        if (cost < word.cost_q16 || (cost == word.cost_q16 && forms[i] < word.shown)) {
            word.cost_q16 = cost;
            word.shown = forms[i];
        }
    }
    word.first = first_of(forms, n);
    word.cost_q16 = pylm__small_cost(sum);
    return word;
}

static int has_prefix(const void *user, const uint8_t *text, uint32_t nbytes)
{
    const struct pylm__request *request = user;
    if (!nbytes || ((uint32_t)(text[0] ^ request->prefix[0]) & ~0x20u)) /* quick: cases differ in one bit */
        return 0;
    return nbytes >= request->prefix_nbytes && pylm__same_letters(request->prefix, text, request->prefix_nbytes) &&
           pylm__is_word(text, nbytes);
}

/* Keeps a word, if it is one of the best. `mass` is its probability in the present tree, and p as well. */
static void offer(struct search *search, uint32_t symbol, uint64_t mass, struct pylm__small p)
{
    const uint32_t *wanted = search->visitor.wanted;
    uint32_t nbytes, forms[N_FORMS], n;
    const unsigned char *text = pylm__symbol_text(search->model, symbol, &nbytes);
    struct word word;
    search->total += pylm__mass_times(mass, search->workspace->walk->mixer.tree.share);
    if (mass < search->min_mass || (!wanted && !pylm__is_word(text, nbytes)))
        return;
    n = find_forms(search->request->model, symbol, forms);
    if (is_known(search, first_of(forms, n)))
        return;
    word = add_forms(search, forms, n, p);
    keep_word(search, &word);
    if (!wanted)
        search->visitor.min_mass = search->min_mass;
}

/* Of a symbol and of the words in its place, those with the prefix. */
static void offer_shared(struct search *search, uint32_t symbol, const struct pylm__chance *chance)
{
    const struct pylm__place place = pylm__lexicon_place(search->model, symbol);
    uint32_t i, share = place.left, nbytes;
    const uint8_t *text;
    for (i = 0; i <= place.n; i++) {
        if (i)
            symbol = pylm__lexicon_word(search->model, &place, i - 1u, &share);
        text = pylm__symbol_text(search->model, symbol, &nbytes);
        if (nbytes <= PYLM_WORD_NBYTES && (!search->visitor.wanted || has_prefix(search->request, text, nbytes)))
            offer(search, symbol, pylm__shared_mass(chance->mass, share), shared(chance->p, share));
    }
}

static void visit_leaf(struct pylm__visitor *visitor, uint32_t leaf, const struct pylm__chance *chance)
{
    struct search *search = (struct search *)(void *)visitor;
    uint32_t symbol = pylm__tree_symbol(&search->workspace->walk->mixer.tree, leaf);
    if (visitor->wanted && !pylm__is_set(visitor->wanted, leaf))
        return; /* only in a damaged tree */
    if (pylm__has_lexicon(search->model))
        offer_shared(search, symbol, chance);
    else
        offer(search, symbol, chance->mass, chance->p);
}

/* ---- new words ---- */

/* Whether a new word has the prefix, if there is one. */
static int suits(const struct pylm__request *request, const struct pylm__new_word *word)
{
    if (word->nbytes > PYLM_WORD_NBYTES || !pylm__is_word(word->text, word->nbytes))
        return 0;
    return !request->prefix_nbytes || has_prefix(request, word->text, word->nbytes);
}

/* How often a new word came, in all its cases. */
static uint32_t count_forms(const uint8_t *words, const struct pylm__new_word *word)
{
    struct pylm__new_word other;
    uint32_t position = 0, count = 0;
    while (pylm__next_new_word(words, &position, &other))
        if (other.nbytes == word->nbytes && pylm__same_letters(other.text, word->text, word->nbytes)) {
            if (other.count > word->count || (other.count == word->count && other.text < word->text))
                return 0; /* that one is shown */
            count += other.count;
        }
    return count;
}

/* Adds the new words of a list: each has a part of what "<unk>" has. */
static void add_new_words(struct search *search, const uint8_t *words)
{
    struct word found = {PYLM_NONE, 0, 0};
    struct pylm__new_word word;
    uint32_t position = 0, unknown = pylm__load32(search->model->image + PYLM__H_UNKNOWN), count;
    uint64_t mass, part;
    mass = (uint64_t)pylm__exp2_neg(pylm__small_cost(probability_of(search, unknown))) << 31;
    for (found.shown = 0; pylm__next_new_word(words, &position, &word); found.shown = position) {
        if (!suits(search->request, &word))
            continue;
        part = (mass >> 30) * pylm__new_word_share(words, word.count);
        search->total += part;
        if (part < search->min_mass)
            continue;
        count = count_forms(words, &word);
        part = (mass >> 30) * pylm__new_word_share(words, count);
        found.cost_q16 = pylm__mass_cost(part ? part : 1u);
        if (count)
            keep_word(search, &found);
    }
}

static uint64_t words_nbytes(uint32_t k)
{
    return (uint64_t)k * sizeof(struct word);
}

/* How a word is shown. */
static const uint8_t *shown_text(const struct pylm__model *model, const struct word *word, uint32_t *nbytes)
{
    struct pylm__new_word new_word = {NULL, 0, 0};
    uint32_t position = word->shown;
    if (word->first != PYLM_NONE)
        return pylm__symbol_text(model, word->shown, nbytes);
    (void)pylm__next_new_word(model->words, &position, &new_word);
    *nbytes = new_word.nbytes;
    return new_word.text;
}

static uint32_t suggest_words(const struct pylm__request *request, const struct pylm__workspace *workspace,
                              pylm_suggestion *suggestions, uint32_t *prefix_cost_q16)
{
    struct search search = {{0, NULL}, NULL, NULL, NULL, NULL, 0, 0, 0};
    const unsigned char *text;
    uint32_t t, i, prefix_cost;
    *prefix_cost_q16 = UINT32_MAX;
    search.request = request;
    search.workspace = workspace;
    search.model = pylm__model_view(request->model);
    search.visitor.wanted = request->prefix_nbytes ? workspace->wanted : NULL;
    search.words = workspace->candidates;
    pylm__work_first_tree(search.model, workspace->walk);
    for (t = 0; t < search.model->n_trees; t++) {
        if (t)
            pylm__work_next_tree(search.model, workspace->walk);
        if (search.visitor.wanted && !pylm__mark_wanted(request, workspace, has_prefix, request))
            continue;
        pylm__walk(search.model, pylm__state_const(request->state), workspace->walk, UINT64_C(1) << 62, &search.visitor,
                   visit_leaf);
    }
    if (search.model->words)
        add_new_words(&search, search.model->words);
    if (!search.n)
        return 0;
    prefix_cost = search.visitor.wanted ? pylm__mass_cost(search.total ? search.total : 1u) : 0u;
    *prefix_cost_q16 = prefix_cost;
    for (i = 0; i < search.n; i++) {
        pylm_suggestion *s = &suggestions[i];
        s->cost_q16 = search.words[i].cost_q16 > prefix_cost ? search.words[i].cost_q16 - prefix_cost : 0u;
        text = shown_text(search.model, &search.words[i], &s->nbytes);
        s->nbytes = s->nbytes < PYLM_WORD_NBYTES ? s->nbytes : PYLM_WORD_NBYTES;
        memcpy(s->text, text, s->nbytes);
    }
    return search.n;
}

/* ---- suggestions ---- */

static uint64_t rounded(uint64_t nbytes)
{
    return (nbytes + 7u) & ~UINT64_C(7);
}

static uint64_t wanted_nbytes(const struct pylm__model *model)
{
    return rounded((model->n_symbols + 31u) / 32u * sizeof(uint32_t));
}

uint64_t pylm_suggest_nbytes(const pylm_model *model, uint32_t k)
{
    const struct pylm__model *view = pylm__model_view(model);
    uint64_t rest = view->tokenizer == PYLM_TOKENIZER_WORDS ? words_nbytes(k) : pylm__spell_nbytes();
    return rounded(pylm_work_nbytes(model)) + rounded(pylm__path_nbytes(view)) + wanted_nbytes(view) + rest;
}

static struct pylm__workspace lay_out(const pylm_model *model, void *work)
{
    const struct pylm__model *view = pylm__model_view(model);
    struct pylm__workspace workspace;
    uint8_t *p = work;
    workspace.walk = work;
    p += (size_t)rounded(pylm_work_nbytes(model));
    workspace.path = (struct pylm__work *)(void *)p;
    p += (size_t)rounded(pylm__path_nbytes(view));
    workspace.wanted = (uint32_t *)(void *)p;
    workspace.candidates = p + (size_t)wanted_nbytes(view);
    return workspace;
}

/* Gives a suggestion the case that fits the typed letters and the place in the sentence. */
static void fit_case(pylm_suggestion *suggestion, const uint8_t *prefix, uint64_t nbytes, int begins_sentence)
{
    enum pylm__case typed = pylm__case_of(prefix, nbytes), to = PYLM__CASE_CAPITAL;
    uint8_t text[PYLM_WORD_NBYTES];
    if (typed == PYLM__CASE_UPPER)
        to = PYLM__CASE_UPPER;
    else if (typed != PYLM__CASE_CAPITAL && !begins_sentence)
        return;
    pylm__to_case(suggestion->text, suggestion->nbytes, to, text);
    memcpy(suggestion->text, text, suggestion->nbytes);
}

static uint32_t find_suggestions(const struct pylm__request *request, const struct pylm__workspace *workspace,
                                 pylm_suggestion *suggestions, uint32_t *prefix_cost_q16)
{
    return pylm__model_view(request->model)->tokenizer == PYLM_TOKENIZER_WORDS
               ? suggest_words(request, workspace, suggestions, prefix_cost_q16)
               : pylm__suggest_spelled(request, workspace, suggestions, prefix_cost_q16);
}

/* An apostrophe in the prefix is looked for as ' and as U+2019. The form by which the prefix is more probable counts;
 * what comes out has the form that was typed. */
static uint32_t suggest(const struct pylm__request *request, const struct pylm__workspace *workspace,
                        pylm_suggestion *suggestions)
{
    struct pylm__request changed = *request;
    uint8_t other[PYLM_WORD_NBYTES];
    uint32_t n, i, nbytes, cost, other_cost;
    changed.prefix_nbytes = pylm__other_apostrophes(request->prefix, request->prefix_nbytes, other, PYLM_WORD_NBYTES);
    changed.prefix = other;
    if (changed.prefix_nbytes)
        (void)find_suggestions(&changed, workspace, suggestions, &other_cost);
    n = find_suggestions(request, workspace, suggestions, &cost);
    if (!changed.prefix_nbytes || cost <= other_cost)
        return n;
    n = find_suggestions(&changed, workspace, suggestions, &other_cost);
    for (i = 0; i < n; i++) {
        nbytes = pylm__other_apostrophes(suggestions[i].text, suggestions[i].nbytes, other, PYLM_WORD_NBYTES);
        if (nbytes) {
            memcpy(suggestions[i].text, other, nbytes);
            suggestions[i].nbytes = nbytes;
        }
    }
    return n;
}

uint64_t pylm_typed_word(const void *text, uint64_t nbytes)
{
    return pylm__started_word(text, nbytes);
}

int pylm_suggest(const pylm_model *model, const pylm_state *state, const void *text, uint64_t nbytes, void *work,
                 pylm_suggestion *suggestions, uint32_t *n)
{
    struct pylm__workspace workspace = lay_out(model, work);
    struct pylm__request request;
    const uint8_t *typed = text;
    uint64_t begin = pylm__started_word(typed, nbytes), before = begin;
    pylm_state copy = *state;
    uint32_t i, k = *n;
    int status, words = pylm__model_view(model)->tokenizer == PYLM_TOKENIZER_WORDS;
    *n = 0;
    request.spaced = !words && begin && typed[begin - 1u] == ' ';
    before -= request.spaced ? 1u : 0u;
    pylm_state_set_learning(&copy, 0);
    status = pylm_read_typed(model, &copy, text, before);
    if (status != PYLM_OK)
        return status;
    if (!k || nbytes - begin > PYLM_WORD_NBYTES)
        return PYLM_OK;
    request.model = model;
    request.state = &copy;
    request.prefix = typed + (size_t)begin;
    request.prefix_nbytes = (uint32_t)(nbytes - begin);
    request.k = k;
    *n = suggest(&request, &workspace, suggestions);
    for (i = 0; i < *n; i++)
        fit_case(&suggestions[i], request.prefix, request.prefix_nbytes, pylm__begins_sentence(typed, begin));
    return PYLM_OK;
}

#endif
