# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
#
# The library's files, module by module.

# Reading an image and predicting from it: all that every user needs.
set(core
    core/check.c
    core/context.c
    core/evidence_coded.c
    core/fixed.c
    core/image.c
    core/lexicon.c
    core/lookup.c
    core/narrow.c
    core/open.c
    core/score.c
    core/search.c
    core/stage1.c
    core/state.c
    core/status.c
    core/walk.c
    core/work.c
    core/fast/follow_avx2.c
    core/fast/follow_portable.c
    core/fast/narrow_avx2.c
    core/fast/paths.c
    core/fast/walk_avx2.c)

# What a build may leave out: -DPYLM_MODULE_<NAME>=0.
set(module_text modules/text/constraint.c modules/text/new_words.c modules/text/sample.c modules/text/spelling.c modules/text/stop.c
    modules/text/vocabulary.c)
set(module_lexicon modules/lexicon/make.c)
set(module_adapt
    modules/adapt/attach.c
    modules/adapt/extended.c
    modules/adapt/layer.c
    modules/adapt/overlay.c
    modules/adapt/plan.c)
set(module_explain
    modules/explain/counts.c
    modules/explain/decision.c
    modules/explain/describe.c
    modules/explain/explain.c
    modules/explain/topic.c)
set(module_decode
    modules/decode/best_paths.c
    modules/decode/draft.c
    modules/decode/lattice.c
    modules/decode/many.c
    modules/decode/step.c)
set(module_pack modules/pack/coder.c modules/pack/down.c modules/pack/packet.c)
set(module_kernel modules/kernel/kernel.c modules/kernel/nearest.c modules/kernel/patterns.c)
set(module_keyboard
    modules/keyboard/personal.c
    modules/keyboard/spell.c
    modules/keyboard/suggest.c
    modules/keyboard/typed_words.c
    modules/keyboard/typing.c
    modules/keyboard/wanted.c)

# Training and files, on computers with an operating system, stage by stage.
set(train_base
    train/base/blake2b.c
    train/base/buffer.c
    train/base/common.c
    train/base/file.c
    train/base/runs.c
    train/base/sort.c
    train/base/spill.c
    train/base/store.c)
set(train_text
    train/text/chunks.c
    train/text/corpus.c
    train/text/documents.c
    train/text/encode.c
    train/text/encoder.c
    train/text/factor.c
    train/text/overflow.c
    train/text/pieces.c
    train/text/prepare.c
    train/text/scripts.c
    train/text/slots.c
    train/text/string_table.c
    train/text/text_ends.c
    train/text/trie.c)
set(train_tree
    train/tree/byte_tree.c
    train/tree/class_tree.c
    train/tree/cluster.c
    train/tree/linked_tree.c
    train/tree/merge_classes.c
    train/tree/neighbours.c
    train/tree/symbol_tree.c
    train/tree/trees.c)
set(train_topic
    train/topic/byte_words.c
    train/topic/eigen.c
    train/topic/frequent.c
    train/topic/pair_counts.c
    train/topic/part_sums.c
    train/topic/readings.c
    train/topic/rows_avx2.c
    train/topic/rows_portable.c
    train/topic/subspace.c
    train/topic/node_events.c
    train/topic/node_solver.c
    train/topic/node_vectors.c
    train/topic/prefixes.c
    train/topic/topic_rows.c
    train/topic/topic_vectors.c
    train/topic/topics.c
    train/topic/word_places.c
    train/topic/word_vectors.c)
set(train_count
    train/count/calibrate.c
    train/count/count.c
    train/count/elsewhere.c
    train/count/heldout.c
    train/count/heldout_evidence.c
    train/count/job.c
    train/count/keys.c
    train/count/lists.c
    train/count/memory_plan.c
    train/count/pack.c
    train/count/result.c
    train/count/scale.c
    train/count/seal.c
    train/count/stream.c
    train/count/templates.c
    train/count/voices.c)
set(train_fit
    train/fit/cholesky.c
    train/fit/fit.c
    train/fit/minimise.c
    train/fit/pass.c
    train/fit/simulate.c
    train/fit/stages.c
    train/fit/tile_avx2.c
    train/fit/tile_portable.c)
set(train_size train/size/bases.c train/size/budget.c train/size/candidates.c train/size/counted.c
    train/size/losses.c train/size/offers.c train/size/paths.c train/size/prune_template.c train/size/pruner.c
    train/size/successors.c train/size/topic_share.c)
set(train_kernel train/kernel/bandwidth.c train/kernel/kernel.c)
set(train_layer train/layer/layer.c)
set(train_write train/write/facts.c train/write/image_writer.c train/write/own_text.c
    train/write/spelling.c)
set(train_prune train/prune/prune.c train/prune/subset.c)
set(train_sources
    train/sources/ngrams.c
    train/sources/sources.c
    train/sources/suffix_array.c
    train/sources/trace.c
    train/sources/word_ranks.c
    train/sources/writer.c)
set(train ${train_base} ${train_text} ${train_tree} ${train_topic} ${train_count} ${train_fit}
    ${train_size} ${train_kernel} ${train_layer} ${train_write} ${train_prune} ${train_sources}
    train/batch.c
    train/model_map.c
    train/options.c
    train/texts.c
    train/trainer.c
    train/training.c)
if(WIN32)
  set(platform platform/win32.c)
else()
  set(platform platform/posix.c platform/posix_threads.c)
endif()

set(public_headers pylm.h pylm_text.h pylm_lexicon.h pylm_adapt.h pylm_decode.h pylm_explain.h pylm_kernel.h pylm_keyboard.h pylm_pack.h pylm_train.h
    pylm_prune.h pylm_sources.h)

foreach(list core module_text module_lexicon module_adapt module_decode module_explain module_kernel module_keyboard module_pack train platform public_headers)
  list(TRANSFORM ${list} PREPEND csrc/)
endforeach()
set(engine ${core} ${module_text} ${module_lexicon} ${module_adapt} ${module_decode} ${module_explain} ${module_kernel} ${module_keyboard} ${module_pack})
set(sources ${engine} ${train} ${platform})
set(headers ${public_headers})
