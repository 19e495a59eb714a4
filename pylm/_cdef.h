/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the pylm authors
 *
 * _cdef.h: what Python uses of csrc/pylm.h and csrc/pylm_train.h, without a preprocessor. The meaning of
 * everything is written there. Nothing compares the two at run time but the version number; the test
 * tests/py/test_sources.py compiles this file against the headers.
 */

/* ---- pylm.h ---- */

#define PYLM_VERSION_NUMBER 100
#define PYLM_FORMAT_VERSION 4

const char *pylm_version(void);
uint32_t pylm_version_number(void);

enum pylm_status {
    PYLM_OK = 0,
    PYLM_ERR_ARGUMENT = -1,
    PYLM_ERR_FOREIGN = -2,
    PYLM_ERR_VERSION = -3,
    PYLM_ERR_TRUNCATED = -4,
    PYLM_ERR_DAMAGED = -5,
    PYLM_ERR_SPACE = -6,
    PYLM_ERR_MEMORY = -7,
    PYLM_ERR_FILE = -8,
    PYLM_ERR_CANCELLED = -9,
    PYLM_ERR_EMPTY = -10,
    PYLM_ERR_BUDGET = -12,
    PYLM_ERR_LAYER = -13,
    PYLM_ERR_BASE = -14,
    PYLM_ERR_LARGE = -11
};

const char *pylm_status_text(int status);

typedef struct pylm_model {
    uint64_t opaque[8];
} pylm_model;

int pylm_model_open(pylm_model *model, const void *image, uint64_t image_nbytes);
int pylm_layer_open(pylm_model *layer, const pylm_model *base, const void *image, uint64_t image_nbytes);
int pylm_model_verify(const pylm_model *model);

enum pylm_tokenizer {
    PYLM_TOKENIZER_BYTES = 0,
    PYLM_TOKENIZER_WORDS = 1,
    PYLM_TOKENIZER_PIECES = 2,
    PYLM_TOKENIZER_EXTERNAL = 3
};

enum pylm_predictor {
    PYLM_PREDICTOR_MIX = 0,
    PYLM_PREDICTOR_KERNEL = 1
};

#define PYLM_NONE 0xffffffff

typedef struct pylm_info {
    uint32_t format_version;
    uint32_t tokenizer;
    uint32_t n_symbols;
    uint32_t unknown;
    uint32_t line_end;
    uint32_t n_trees;
    uint32_t n_templates;
    uint32_t depth;
    uint64_t n_contexts;
    uint64_t image_nbytes;
    uint64_t facts_offset;
    uint64_t facts_nbytes;
    uint64_t tokenizer_offset;
    uint64_t tokenizer_nbytes;
    uint32_t predictor;
    uint32_t n_below;
} pylm_info;

void pylm_model_info(const pylm_model *model, pylm_info *info);

#define PYLM_MAX_REACH 6
#define PYLM_MAX_DISTANCE_Q16 4194304

typedef struct pylm_kernel {
    uint32_t reach;
    uint32_t n_class;
    uint32_t tau_q16;
    uint32_t distance_q16[6];
    uint32_t class_distance_q16[6];
} pylm_kernel;

int pylm_model_kernel(const pylm_model *model, pylm_kernel *kernel);
int pylm_model_set_kernel(pylm_model *model, const pylm_kernel *kernel);

enum pylm_text_end {
    PYLM_TEXT_OPEN = 0,
    PYLM_TEXT_CLOSED = 1
};

int pylm_encode(const pylm_model *model, const void *text, uint64_t text_nbytes, int end,
                uint64_t *position, uint32_t *symbols, uint64_t capacity, uint64_t *n_ret);
int pylm_symbol_text(const pylm_model *model, uint32_t symbol, const unsigned char **text,
                     uint32_t *text_nbytes);
uint32_t pylm_symbol_find(const pylm_model *model, const void *text, uint64_t text_nbytes);
int pylm_decode(const pylm_model *model, uint32_t previous, const uint32_t *symbols, uint64_t n,
                void *text, uint64_t capacity, uint64_t *nbytes_ret);

typedef struct pylm_state {
    uint64_t opaque[16];
} pylm_state;

void pylm_state_init(pylm_state *state);
int pylm_state_push(const pylm_model *model, pylm_state *state, uint32_t symbol);
int pylm_state_read(const pylm_model *model, pylm_state *state, uint32_t symbol);

int pylm_nearest(const pylm_model *model, const pylm_state *state, void *work, uint32_t *distance_q16,
                 uint32_t *n_ret);

int pylm_overlay_init(const pylm_model *model, void *overlay, uint64_t nbytes);
int pylm_state_attach(const pylm_model *model, pylm_state *state, void *overlay, uint64_t nbytes);
void pylm_state_set_learning(pylm_state *state, int learns);
void pylm_state_restart(pylm_state *state);
void pylm_state_keep(const pylm_state *state);

uint64_t pylm_work_nbytes(const pylm_model *model);
int pylm_cost(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
              uint32_t *cost_q16);
int pylm_score(const pylm_model *model, pylm_state *state, const uint32_t *symbols, uint64_t n,
               void *work, uint32_t *costs_q16, uint64_t *total_q16);
void pylm_distribution(const pylm_model *model, const pylm_state *state, void *work, uint64_t *q62);

typedef struct pylm_candidate {
    uint32_t symbol;
    uint32_t cost_q16;
} pylm_candidate;

void pylm_top(const pylm_model *model, const pylm_state *state, uint32_t k, void *work,
              pylm_candidate *best, uint32_t *n_ret);

int pylm_distribution_of(const pylm_model *model, const pylm_state *state, const uint32_t *symbols, uint32_t n,
                         void *work, uint32_t *marks, uint64_t *q62);
int pylm_restrict(const uint32_t *symbols, const uint64_t *q62, uint32_t n, int may_end,
                  pylm_candidate *candidates, uint32_t *n_ret);

enum pylm_part_kind {
    PYLM_PART_EVEN = 0,
    PYLM_PART_CONTEXT = 1,
    PYLM_PART_MEAN = 2,
    PYLM_PART_CONSTANT = 3,
    PYLM_PART_COUNTS = 4,
    PYLM_PART_AGES = 5,
    PYLM_PART_RECALL = 6,
    PYLM_PART_INDIRECT = 7,
    PYLM_PART_REPETITION = 8,
    PYLM_PART_AVERAGE = 9,
    PYLM_PART_BELOW = 10
};

typedef struct pylm_part {
    uint32_t kind;
    uint32_t tree;
    uint32_t number;
    uint32_t n_symbol;
    uint32_t n_context;
    int32_t cost_q16;
    int32_t log_odds_q10;
    int32_t weight_q13;
} pylm_part;

uint32_t pylm_n_parts(const pylm_model *model);
int pylm_explain(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                 pylm_part *parts, uint32_t *n_ret);

enum pylm_template_kind {
    PYLM_TEMPLATE_NOTHING = 0,
    PYLM_TEMPLATE_SYMBOL = 1,
    PYLM_TEMPLATE_CLASS = 2,
    PYLM_TEMPLATE_COARSE = 3,
    PYLM_TEMPLATE_WORD = 4
};

typedef struct pylm_template {
    uint32_t base;
    uint32_t kind;
    uint32_t lag;
    uint32_t n_contexts;
    uint64_t nbytes;
} pylm_template;

int pylm_model_template(const pylm_model *model, uint32_t tree, uint32_t number, pylm_template *found);
typedef struct pylm_pattern {
    uint32_t number;
    uint32_t agrees;
    uint32_t distance_q16;
    uint32_t n_context;
    uint32_t n_symbol;
    uint32_t weight_share_q30;
    uint32_t symbol_share_q30;
} pylm_pattern;

uint32_t pylm_n_patterns(const pylm_model *model);
int pylm_explain_kernel(const pylm_model *model, const pylm_state *state, uint32_t symbol, void *work,
                        pylm_pattern *patterns, uint32_t *n_ret);
int pylm_symbol_class(const pylm_model *model, uint32_t tree, uint32_t symbol, uint32_t *class_ret,
                      uint32_t *coarse_ret);
uint32_t pylm_state_recent(const pylm_state *state, uint32_t lag);

typedef struct pylm_successor {
    uint32_t symbol;
    uint32_t count;
} pylm_successor;

int pylm_successors(const pylm_model *model, const pylm_state *state, uint32_t tree, uint32_t number,
                    void *work, pylm_successor *successors, uint32_t capacity, uint32_t *n_ret);
int pylm_predecessors(const pylm_model *model, uint32_t symbol, uint32_t tree, uint32_t number, void *work,
                      uint32_t *counts);

typedef struct pylm_sampling {
    uint32_t temperature_q16;
    uint32_t top_k;
    uint32_t top_p_q16;
    uint32_t min_p_q16;
    uint32_t penalty_q16;
} pylm_sampling;

int pylm_sample(const pylm_model *model, const pylm_state *state, const pylm_sampling *sampling,
                const uint32_t *recent, uint32_t n_recent, uint64_t *random, void *work,
                pylm_candidate *candidates, uint32_t n_candidates, uint32_t *symbol);
int pylm_choose(const pylm_sampling *sampling, const uint32_t *recent, uint32_t n_recent, uint64_t *random,
                pylm_candidate *candidates, uint32_t n, uint32_t *symbol);
uint64_t pylm_stop_search(const void *text, uint64_t text_nbytes, const void *stop, uint64_t stop_nbytes,
                          int *found_ret);

#define PYLM_WORD_NBYTES 48

typedef struct pylm_suggestion {
    uint32_t cost_q16;
    uint32_t nbytes;
    unsigned char text[48];
} pylm_suggestion;

int pylm_read_typed(const pylm_model *model, pylm_state *state, const void *text, uint64_t nbytes);
uint64_t pylm_typed_word(const void *text, uint64_t nbytes);
uint64_t pylm_suggest_nbytes(const pylm_model *model, uint32_t k);
int pylm_suggest(const pylm_model *model, const pylm_state *state, const void *text, uint64_t nbytes, uint32_t k,
                 void *work, pylm_suggestion *suggestions, uint32_t *n_ret);

int pylm_personal_init(const pylm_model *model, void *personal, uint64_t nbytes);
int pylm_personal_open(const pylm_model *model, void *personal, uint64_t nbytes);
uint64_t pylm_personal_seal(void *personal, uint64_t nbytes);
int pylm_personal_add(const pylm_model *model, void *personal, uint64_t nbytes, const void *text,
                      uint64_t text_nbytes);
int pylm_personal_remove(const pylm_model *model, void *personal, uint64_t nbytes, const void *text,
                         uint64_t text_nbytes);
int pylm_personal_is_exact(const void *personal);
int pylm_personal_apply(const pylm_model *model, const void *personal, uint64_t nbytes, void *overlay,
                        uint64_t overlay_nbytes);

/* ---- pylm_train.h ---- */

int pylm_has_openmp(void);

typedef struct pylm_task {
    volatile int cancel;
    volatile int stage;
    volatile uint32_t done;
    volatile uint32_t total;
} pylm_task;

enum pylm_stage {
    PYLM_STAGE_READ = 0,
    PYLM_STAGE_PIECES = 5,
    PYLM_STAGE_CLUSTER = 1,
    PYLM_STAGE_COUNT = 2,
    PYLM_STAGE_CHOOSE = 6,
    PYLM_STAGE_FIT = 3,
    PYLM_STAGE_WRITE = 4,
    PYLM_STAGE_SCORE = 7,
    PYLM_STAGE_SOURCES = 8,
    PYLM_STAGE_TRACE = 9,
    PYLM_STAGE_DISTILL = 10,
    PYLM_STAGE_BASE = 11
};

const char *pylm_stage_text(int stage);

#define PYLM_MAX_TREES 8
#define PYLM_TOKENIZER_AUTO 255

enum pylm_profile {
    PYLM_PROFILE_BEST = 0,
    PYLM_PROFILE_FAST = 1
};

typedef struct pylm_train_options {
    uint32_t options_nbytes;
    uint32_t tokenizer;
    uint32_t n_threads;
    uint32_t min_count;
    uint32_t n_trees;
    uint32_t n_classes[8];
    uint32_t max_order;
    uint32_t n_pieces;
    uint32_t profile;
    uint32_t memory_is_wish;
    uint64_t max_nbytes;
    uint64_t max_memory;
    const pylm_model *base;
    uint32_t predictor;
    uint32_t reach;
    uint32_t no_classes;
    uint32_t distance_q16[6];
    uint32_t class_distance_q16[6];
} pylm_train_options;

void pylm_train_options_init(pylm_train_options *options);

typedef struct pylm_trainer pylm_trainer;

int pylm_trainer_new(pylm_trainer **trainer, const pylm_train_options *options);
void pylm_trainer_free(pylm_trainer *trainer);
int pylm_trainer_add(pylm_trainer *trainer, const void *text, uint64_t text_nbytes, pylm_task *task);
int pylm_trainer_vocabulary(pylm_trainer *trainer, uint32_t n_symbols, const void *texts,
                            const uint64_t *text_ends, const void *file, uint64_t file_nbytes);
int pylm_trainer_add_ids(pylm_trainer *trainer, const uint32_t *ids, uint64_t n, uint64_t text_nbytes,
                         pylm_task *task);
int pylm_trainer_build(pylm_trainer *trainer, pylm_task *task, const void **image_ret,
                       uint64_t *image_nbytes_ret);
int pylm_trainer_save(pylm_trainer *trainer, const char *path, pylm_task *task, uint64_t *nbytes_ret);

int pylm_score_batch(const pylm_model *model, const pylm_state *context, const uint32_t *symbols,
                     const uint64_t *ends, uint64_t n_texts, uint32_t n_threads, uint32_t *costs_q16,
                     uint64_t *totals_q16, pylm_task *task);

int pylm_predict_batch(const pylm_model *model, const pylm_state *context, const uint32_t *symbols,
                       const uint64_t *ends, uint64_t n_texts, uint32_t n_threads, uint32_t *best,
                       pylm_task *task);

typedef struct pylm_distilled {
    void *image;
    uint64_t image_nbytes;
    uint64_t n_places;
    uint64_t n_given_up;
} pylm_distilled;

int pylm_distill(const pylm_model *model, const uint32_t *symbols, const uint64_t *ends, uint64_t n_texts,
                 uint32_t keep_ppm, const void *facts, uint64_t facts_nbytes, pylm_task *task,
                 pylm_distilled *distilled);
void pylm_distilled_free(pylm_distilled *distilled);

typedef struct pylm_sources_writer pylm_sources_writer;

int pylm_sources_writer_new(pylm_sources_writer **writer, const char *path);
int pylm_sources_writer_add(pylm_sources_writer *writer, const void *name, uint64_t name_nbytes,
                            const void *text, uint64_t text_nbytes, pylm_task *task);
int pylm_sources_writer_sort(pylm_sources_writer *writer, pylm_task *task);
int pylm_sources_writer_save(pylm_sources_writer *writer, const pylm_model *model, uint64_t *nbytes_ret);
void pylm_sources_writer_free(pylm_sources_writer *writer);

typedef struct pylm_sources {
    uint64_t opaque[12];
} pylm_sources;

int pylm_sources_open(pylm_sources *sources, const void *file, uint64_t file_nbytes);
int pylm_sources_verify(const pylm_sources *sources);
int pylm_sources_belong(const pylm_sources *sources, const pylm_model *model);

typedef struct pylm_sources_info {
    uint64_t file_nbytes;
    uint64_t n_documents;
    uint64_t n_words;
    uint64_t text_nbytes;
} pylm_sources_info;

void pylm_sources_describe(const pylm_sources *sources, pylm_sources_info *info);

typedef struct pylm_document {
    const unsigned char *name, *text;
    uint64_t name_nbytes, text_nbytes;
} pylm_document;

int pylm_sources_document(const pylm_sources *sources, uint64_t number, pylm_document *document);

typedef struct pylm_span {
    uint64_t begin, end;
} pylm_span;

uint64_t pylm_split_words(const void *text, uint64_t text_nbytes, pylm_span *words, uint64_t capacity);

typedef struct pylm_query {
    const void *text;
    const pylm_span *words;
    uint64_t n_words;
    uint64_t least;
    uint64_t next, reached;
} pylm_query;

typedef struct pylm_passage {
    uint64_t first_word, n_words;
    uint64_t n_places;
    uint64_t rank;
} pylm_passage;

int pylm_sources_trace(const pylm_sources *sources, pylm_query *query, pylm_passage *passages,
                       uint64_t capacity, uint64_t *n_ret, pylm_task *task);

typedef struct pylm_place {
    uint64_t document;
    uint64_t offset;
    uint64_t line;
} pylm_place;

int pylm_sources_places(const pylm_sources *sources, const pylm_passage *passage, pylm_place *places,
                        uint64_t capacity, uint64_t *n_ret);

int pylm_file_save(const char *path, const void *data, uint64_t nbytes);
