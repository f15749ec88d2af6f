// What the decoder families share beside their layers: a language model's output, or a classification's `score` on the
// last token; attention with and without a cache; and the rule that the last layer computes no row that nobody reads.
#pragma once

#include "model/layers.h"

namespace mtlora {

// Rows of a layer's result.
struct LayerRows {
  at::Tensor rows;           // [M] int64; undefined: all
  bool last_tokens = false;  // they are the last token of each sequence

  at::Tensor of(const at::Tensor& x) const { return rows.defined() ? x.index_select(0, rows) : x; }
};

class CausalModel : public Model {
 public:
  at::Tensor logits(const PackedBatch& batch, ForwardContext& context) final;
  const OutputLayer& output_layer() const final { return output_; }

 protected:
  explicit CausalModel(const ParameterLoader& load) : Model(load) {}
  // The head that was asked for. `output`: the language model's, as the file calls it; `tied`: the embedding that it
  // is, or null. `std`: of a new classification head.
  void load_head(const ParameterLoader& load, const std::string& output, const at::Tensor* tied, int64_t hidden,
                 int64_t vocabulary, double std, double softcap = 0);

  struct Attention {
    double scale = 1, softcap = 0, dropout = 0;
    int64_t window = -1;  // as AttentionArgs::window
  };
  // Causal attention of layer `index`. k, v [N, Hkv, D] of all rows; q [N, Hq, D] too, or of the last tokens alone
  // where that is what `asked` says -> [rows asked for, Hq, D].
  static at::Tensor attend(int64_t index, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const Attention& options, const PackedBatch& batch, const LayerRows& asked,
                           ForwardContext& context);
  // What layer `index` of `layers` computes: all rows, but in the last one those that are asked for.
  static LayerRows rows_of(const PackedBatch& batch, HiddenRows which, size_t index, size_t layers);

 private:
  OutputLayer output_;
  HeadLinear score_;
};

}  // namespace mtlora
