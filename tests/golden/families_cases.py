"""The tiny configurations of make_families.py: of every family, each option that it supports."""
from dataclasses import dataclass, field


@dataclass
class Case:
    family: str
    kind: str  # the case is family_kind
    task: str  # classification, regression, causal_lm
    config: dict
    checkpoint: str  # what is on disk: whole (with its head), mlm, pretraining, causal, base (no prefix)
    notes: str = ""
    method: str = "ctcm"
    use_rslora: bool = False
    lengths: list = field(default_factory=lambda: [1, 5, 9, 14])
    token_types: bool = False
    use_cache: bool = True  # of generate(), which the texts are held against
    hub_config: bool = False  # config.json in the form of transformers 4, as on the hub
    matters: list = field(default_factory=list)  # changes of the config that must change the logits

    @property
    def name(self):
        return f"{self.family}_{self.kind}"


def cases():
    all_cases = []

    def add(family, kind, task, config, checkpoint, notes="", **more):
        all_cases.append(Case(family, kind, task, config, checkpoint, notes, **more))

    def pair(family, config, checkpoint, methods=("ctcm", "ctcm"), notes="", regression=None, **more):
        add(family, "classification", "classification", config, checkpoint, notes, method=methods[0], **more)
        more.pop("matters", None)
        add(family, "regression", "regression", config | (regression or {}), "whole",
            "the checkpoint has the whole head: only the classifier is trained", method=methods[1], **more)

    def causal(family, kind, config, notes="", **more):
        add(family, kind, "causal_lm", config, "whole", notes, **more)

    encoder = dict(vocab_size=48, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                   max_position_embeddings=40)
    pair("bert", encoder, "mlm", ("ctcm", "shim"), "no pooler in the checkpoint: it is trained with the classifier",
         token_types=True)
    roberta = encoder | dict(layer_norm_eps=1e-5, type_vocab_size=1, pad_token_id=1)
    pair("roberta", roberta, "mlm", ("ctcm", "icfm"), "positions start at pad_token_id + 1", dict(hidden_act="gelu_new"),
         matters=[dict(pad_token_id=4)])
    pair("xlm-roberta", roberta, "mlm", ("dtsm", "ctcm"), "names start with roberta", dict(hidden_act="relu"))
    pair("distilbert", dict(vocab_size=48, dim=16, n_layers=2, n_heads=2, hidden_dim=24, max_position_embeddings=40), "mlm",
         ("ctcm", "lora"), "pre_classifier and classifier are trained", dict(activation="relu"))
    pair("electra", encoder | dict(embedding_size=12), "pretraining", ("ctcm", "dtsm"),
         "embeddings_project from embedding_size to hidden_size", dict(embedding_size=16, hidden_act="gelu_new"), token_types=True)

    v3 = encoder | dict(relative_attention=True, position_buckets=8, max_relative_positions=16, share_att_key=True,
                        norm_rel_ebd="layer_norm", pos_att_type="p2c|c2p", position_biased_input=False, type_vocab_size=0)
    long = dict(lengths=[1, 7, 13, 29])
    pair("deberta-v2", v3, "mlm", ("ctcm", "icfm"), "the v3 kind, longer than max_relative_positions", **long,
         matters=[dict(pos_att_type=["c2p"]), dict(max_relative_positions=32)])
    add("deberta-v2", "conv", "classification", v3 | dict(conv_kernel_size=3, conv_act="gelu", attention_head_size=8), "mlm",
        "the kind of v2-xlarge: a convolution beside layer 0; config.json of transformers 4", hub_config=True, **long,
        matters=[dict(conv_act="tanh")])
    add("deberta-v2", "unshared", "classification",
        encoder | dict(relative_attention=True, max_relative_positions=8, pos_att_type=["c2p", "p2c"], embedding_size=12,
                       type_vocab_size=2, pooler_hidden_act="tanh"), "mlm",
        "projections of their own for positions, no buckets, absolute positions too, embed_proj, token types", method="shim",
        token_types=True, **long)
    add("deberta-v2", "c2p", "regression", encoder | dict(relative_attention=True, pos_att_type=["c2p"], share_att_key=False),
        "whole", "c2p alone; max_relative_positions as max_position_embeddings", **long)
    add("deberta-v2", "p2c", "regression", encoder | dict(relative_attention=True, pos_att_type=["p2c"], share_att_key=True,
                                                          position_buckets=4, position_biased_input=False),
        "mlm", "p2c alone, shared, buckets without a norm; the head is new", **long)
    add("deberta-v2", "absolute", "classification", encoder | dict(type_vocab_size=2), "mlm",
        "no relative attention: BERT's", token_types=True)

    modernbert = encoder | dict(num_hidden_layers=3, local_attention=6, global_attn_every_n_layers=2, pad_token_id=0, bos_token_id=1,
                                eos_token_id=2, cls_token_id=1, sep_token_id=2)
    del modernbert["max_position_embeddings"]
    windows = dict(lengths=[1, 5, 9, 14], matters=[dict(local_attention=8), dict(local_attention=4), dict(global_attn_every_n_layers=3)])
    pair("modernbert", modernbert, "mlm", ("ctcm", "shim"), "the checkpoint has head.dense and head.norm: frozen, head.dense adapted",
         dict(norm_bias=True, attention_bias=True, mlp_bias=True, classifier_bias=True, classifier_activation="silu",
              hidden_activation="gelu_pytorch_tanh"), **windows)
    add("modernbert", "mean", "classification", modernbert | dict(classifier_pooling="mean", global_rope_theta=20000.0, local_rope_theta=100.0),
        "base", "mean pooling; thetas; names without the prefix; head.dense, head.norm and the classifier are new; config.json of "
        "transformers 4", hub_config=True, lengths=[1, 5, 9, 14],
        matters=[dict(classifier_pooling="cls"), dict(global_rope_theta=100.0), dict(local_rope_theta=20000.0)])

    decoder = dict(vocab_size=48, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
                   max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)
    gpt2 = dict(vocab_size=48, n_embd=16, n_layer=2, n_head=2, n_inner=24, n_positions=40, bos_token_id=1, eos_token_id=2)
    pair("gpt2", gpt2, "base", ("shim", "ctcm"), "names without the prefix, and no pad_token_id, as on the hub",
         dict(scale_attn_by_inverse_layer_idx=True, activation_function="relu", pad_token_id=0))
    causal("gpt2", "causal", gpt2 | dict(tie_word_embeddings=False), method="dtsm")
    causal("gpt2", "causal_tied", gpt2 | dict(scale_attn_weights=False, n_inner=None), "n_inner null: 4 · n_embd; scores are not scaled",
           matters=[dict(scale_attn_weights=True)])

    llama = decoder | dict(num_key_value_heads=2, head_dim=4)
    pair("llama", llama, "causal", ("ctcm", "icfm"), regression=dict(head_dim=6, num_key_value_heads=1, hidden_act="gelu"))
    causal("llama", "causal", llama | dict(tie_word_embeddings=False, attention_bias=True, mlp_bias=True), "attention_bias and mlp_bias")
    causal("llama", "causal_tied", llama | dict(tie_word_embeddings=True, num_key_value_heads=4, head_dim=None))
    rope8 = llama | dict(num_attention_heads=2, num_key_value_heads=1, head_dim=8)
    causal("llama", "linear", rope8 | dict(rope_parameters=dict(rope_type="linear", rope_theta=500.0, factor=2.5)),
           "rope_scaling linear; config.json of transformers 4", hub_config=True,
           matters=[dict(rope_parameters=dict(rope_type="linear", rope_theta=500.0, factor=1.0)),
                    dict(rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.5))])
    llama3 = dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                  original_max_position_embeddings=64)
    causal("llama", "llama3", rope8 | dict(max_position_embeddings=512, rope_parameters=llama3, tie_word_embeddings=True),
           "rope_scaling llama3: one frequency kept, one between, two divided; config.json of transformers 4", hub_config=True, method="shim",
           matters=[dict(rope_parameters=llama3 | dict(factor=1.0)), dict(rope_parameters=llama3 | dict(high_freq_factor=12.0)),
                    dict(rope_parameters=llama3 | dict(low_freq_factor=1.5))])
    causal("llama", "llama3_saved", rope8 | dict(max_position_embeddings=512, rope_parameters=llama3), "llama3 as transformers 5 saves it")

    mistral = decoder | dict(num_key_value_heads=2, sliding_window=4)
    pair("mistral", mistral, "causal", ("ctcm", "shim"), "sliding_window 4", dict(sliding_window=None, head_dim=8), use_rslora=True)
    causal("mistral", "causal", mistral, "sliding_window 4", matters=[dict(sliding_window=3), dict(sliding_window=5)])
    causal("mistral", "causal_tied", mistral | dict(tie_word_embeddings=True, sliding_window=None), hub_config=True)

    qwen2 = decoder | dict(num_key_value_heads=2)
    pair("qwen2", qwen2, "causal", ("ctcm", "dtsm"))
    causal("qwen2", "causal", qwen2, hub_config=True)
    causal("qwen2", "causal_tied", qwen2 | dict(tie_word_embeddings=True))
    windowed = dict(use_sliding_window=True, sliding_window=4, max_window_layers=1)
    causal("qwen2", "window", qwen2 | windowed, "layers from max_window_layers on see 4 tokens",
           matters=[dict(sliding_window=3), dict(sliding_window=5), dict(max_window_layers=0), dict(max_window_layers=2)])

    qwen3 = decoder | dict(hidden_size=24, num_attention_heads=2, num_key_value_heads=1, head_dim=8)
    pair("qwen3", qwen3, "causal", ("ctcm", "icfm"), "head_dim 8, hidden_size / heads 12", dict(attention_bias=True))
    causal("qwen3", "causal", qwen3)
    causal("qwen3", "causal_tied", qwen3 | dict(tie_word_embeddings=True), hub_config=True)
    causal("qwen3", "window", qwen3 | windowed, "layer_types in config.json", matters=[dict(sliding_window=3), dict(sliding_window=5)])

    gemma2 = decoder | dict(num_attention_heads=2, num_key_value_heads=1, head_dim=6, query_pre_attn_scalar=12, sliding_window=4,
                            attn_logit_softcapping=2.0, final_logit_softcapping=1.0)
    caps = [dict(sliding_window=3), dict(sliding_window=5), dict(attn_logit_softcapping=2.5), dict(query_pre_attn_scalar=8)]
    pair("gemma2", gemma2, "causal", ("ctcm", "dtsm"), "the final cap is not the score's",
         dict(attn_logit_softcapping=None, attention_bias=True, hidden_activation="gelu"))
    causal("gemma2", "causal", gemma2 | dict(tie_word_embeddings=False, final_logit_softcapping=None, num_hidden_layers=3),
           "layers 0 and 2 see 4 tokens", matters=caps)
    causal("gemma2", "causal_tied", gemma2, "both caps, windows", hub_config=True, matters=caps + [dict(final_logit_softcapping=1.5)])

    phi3 = decoder | dict(num_attention_heads=2, num_key_value_heads=1)

    def longrope(original, partial=1.0, **more):
        short, far = [1.0, 1.1, 1.3, 1.6], [1.5, 2.0, 3.0, 4.0]
        count = int(8 * partial) // 2
        return dict(original_max_position_embeddings=original,
                    rope_parameters=dict(rope_type="longrope", rope_theta=100.0, short_factor=short[:count], long_factor=far[:count],
                                         partial_rotary_factor=partial, original_max_position_embeddings=original) | more)

    pair("phi3", phi3 | dict(sliding_window=4), "causal", ("ctcm", "shim"), "sliding_window 4", dict(sliding_window=None, num_key_value_heads=2))
    causal("phi3", "causal", phi3 | longrope(32), "longrope: all within original_max_position_embeddings, so short factors",
           matters=[longrope(32, attention_factor=1.0), longrope(32, short_factor=[1.0] * 4)])
    far = dict(lengths=[9, 11, 14, 17])
    causal("phi3", "causal_long", phi3 | longrope(8), "longrope: all beyond original_max_position_embeddings, so long factors",
           **far, matters=[longrope(8, long_factor=[1.0] * 4), longrope(8, factor=2.0)])
    causal("phi3", "causal_tied", phi3 | longrope(32, partial=0.75) | dict(tie_word_embeddings=True),
           "partial_rotary_factor 0.75: 6 of 8 turn; config.json of transformers 4", hub_config=True)
    causal("phi3", "long_partial", phi3 | longrope(8, partial=0.5, attention_factor=1.2, factor=4.0) | dict(sliding_window=6),
           "longrope with partial_rotary_factor 0.5, attention_factor and a window", **far,
           matters=[longrope(8, partial=0.5, attention_factor=1.3), dict(sliding_window=5)])
    # generate() of transformers 5.18 with its cache drops the text at the change and goes on from the newest token alone.
    causal("phi3", "crossing", phi3 | longrope(16),
           "greedy goes from short to long factors within a text: from there on it is as if computed anew with the long ones; the "
           "last text is long from its start", lengths=[1, 9, 14, 19], use_cache=False)
    return all_cases
