#include "data/loader.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/random.h"

namespace mtlora {

PackedBatch pack(const std::vector<Example>& examples, const std::vector<size_t>& indices, TaskKind kind,
                 int64_t first_row, at::Device device) {
  int64_t tokens = 0;
  for (const size_t i : indices) tokens += static_cast<int64_t>(examples[i].input_ids.size());
  const int64_t sequences = static_cast<int64_t>(indices.size());
  PackedBatch batch;
  batch.input_ids = at::empty({tokens}, at::kLong);
  batch.position_ids = at::empty({tokens}, at::kLong);
  batch.token_type_ids = at::empty({tokens}, at::kLong);
  batch.cu_seqlens = at::empty({sequences + 1}, at::kInt);
  const bool regression = kind == TaskKind::Regression, generation = kind == TaskKind::Generation;
  int64_t targets = generation ? 0 : sequences;
  for (size_t s = 0; generation && s < indices.size(); ++s) targets += targets_of(examples[indices[s]]);
  batch.labels = at::empty({targets}, regression ? at::kFloat : at::kLong);
  if (generation) batch.target_rows = at::empty({targets}, at::kLong);
  int64_t* ids = batch.input_ids.mutable_data_ptr<int64_t>();
  int64_t* positions = batch.position_ids.mutable_data_ptr<int64_t>();
  int64_t* types = batch.token_type_ids.mutable_data_ptr<int64_t>();
  int32_t* cu = batch.cu_seqlens.mutable_data_ptr<int32_t>();
  int64_t at_token = 0, target = 0;
  for (size_t s = 0; s < indices.size(); ++s) {
    const Example& example = examples[indices[s]];
    const int64_t length = static_cast<int64_t>(example.input_ids.size());
    cu[s] = static_cast<int32_t>(at_token);
    std::copy(example.input_ids.begin(), example.input_ids.end(), ids + at_token);
    std::copy(example.token_type_ids.begin(), example.token_type_ids.end(), types + at_token);
    std::iota(positions + at_token, positions + at_token + length, int64_t{0});
    if (generation) {
      int64_t* labels = batch.labels.mutable_data_ptr<int64_t>();
      int64_t* rows = batch.target_rows.mutable_data_ptr<int64_t>();
      for (int64_t i = 1; i < length; ++i) {
        if (!example.answer[static_cast<size_t>(i)]) continue;
        labels[target] = example.input_ids[static_cast<size_t>(i)];
        rows[target++] = at_token + i - 1;
      }
    } else if (regression) {
      batch.labels.mutable_data_ptr<float>()[s] = example.label;
    } else {
      batch.labels.mutable_data_ptr<int64_t>()[s] = static_cast<int64_t>(example.label);
    }
    batch.max_seqlen = std::max(batch.max_seqlen, length);
    at_token += length;
  }
  cu[sequences] = static_cast<int32_t>(tokens);
  batch.row_ids = at::arange(first_row, first_row + tokens, at::kLong);
  if (!device.is_cpu()) {
    for (at::Tensor* tensor : {&batch.input_ids, &batch.position_ids, &batch.token_type_ids, &batch.labels,
                               &batch.row_ids, &batch.target_rows}) {
      if (tensor->defined()) *tensor = tensor->to(device);
    }
  }
  return batch;
}

int64_t targets_of(const Example& example) {
  if (example.answer.empty()) return 1;
  return std::count(example.answer.begin() + 1, example.answer.end(), uint8_t{1});
}

std::vector<std::vector<size_t>> fill_places(const std::vector<Example>& examples, int64_t max_tokens) {
  const auto length = [&](size_t i) { return std::ssize(examples[i].input_ids); };
  std::vector<size_t> order(examples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return length(a) > length(b); });
  std::vector<std::vector<size_t>> places;
  std::multimap<int64_t, size_t> with_room;  // tokens that are left: the place
  for (const size_t i : order) {
    const auto best = with_room.lower_bound(length(i));
    int64_t room = max_tokens;
    size_t place = places.size();
    if (best == with_room.end()) {
      places.emplace_back();
    } else {
      room = best->first;
      place = best->second;
      with_room.erase(best);
    }
    places[place].push_back(i);
    if (room > length(i)) with_room.emplace(room - length(i), place);
  }
  return places;
}

TrainOrder::TrainOrder(size_t places, size_t per_step, uint64_t seed)
    : places_(places), per_step_(per_step), seed_(seed), order_(places) {
  shuffle_epoch();
}

void TrainOrder::shuffle_epoch() {
  std::iota(order_.begin(), order_.end(), size_t{0});
  RandomStream random(seed_, purpose_of("order") + static_cast<uint64_t>(epoch_));
  shuffle(order_, random);
}

std::vector<size_t> TrainOrder::next() {
  if (position_ >= places_) {
    ++epoch_;
    position_ = 0;
    shuffle_epoch();
  }
  const size_t end = std::min(places_, position_ + per_step_);
  const auto first = order_.begin() + static_cast<std::ptrdiff_t>(position_);
  std::vector<size_t> indices(first, order_.begin() + static_cast<std::ptrdiff_t>(end));
  position_ = end;
  return indices;
}

void TrainOrder::seek(int64_t epoch, int64_t position) {
  epoch_ = epoch;
  position_ = static_cast<size_t>(position);
  shuffle_epoch();
}

}  // namespace mtlora
