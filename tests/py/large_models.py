"""Models of transformers, as small as they can be, with weights by chance."""

from __future__ import annotations

from typing import Any


def llama(n_symbols: int, **settings: Any) -> Any:
    import torch
    import transformers

    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=n_symbols,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        **{"hidden_size": 16} | settings,
    )
    return transformers.LlamaForCausalLM(config).eval()
