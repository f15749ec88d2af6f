// The blocks of engine/ops, but for attention: against the plain formulas in float64, with every set of kernels.
#include "base/error.h"
#include "base/random.h"
#include "ops/activation.h"
#include "ops/denormals.h"
#include "ops/linear.h"
#include "ops/loss.h"
#include "ops/norm.h"
#include "ops_checks.h"

using namespace mtlora;

class TestOps : public QObject {
  Q_OBJECT

 private slots:
  void hash_is_the_documented_one();
  void dropout_masks();
  void dropout_is_the_same_however_the_batch_is_cut();
  void dropout_gradient();
  void linear_data();
  void linear();
  void linear_with_other_types();
  void masks_are_unrelated();
  void linear_calls_packed();
  void linear_of_half_weights();
  void norm_data();
  void norm();
  void norm_in_float64();
  void activations_data();
  void activations();
  void gelu_is_accurate();
  void threads_change_no_bit();
  void kernels_agree();
  void losses();
  void nothing_is_kept_without_gradients();
  void shapes_that_disagree();
  void denormals_are_flushed();
};

// The formula of dropout.h, written down a second time, digit by digit.
static uint32_t plain_hash(uint64_t key, int64_t row, uint32_t column) {
  const auto mix = [](uint64_t x) {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
  };
  const uint64_t base = mix(key ^ mix(static_cast<uint64_t>(row)));
  uint32_t h = static_cast<uint32_t>(base & 0xFFFFFFFFU) + column;
  h ^= h >> 16;
  h *= 0x85EBCA6BU;
  h ^= h >> 13;
  h += static_cast<uint32_t>(base >> 32);
  h *= 0xC2B2AE35U;
  h ^= h >> 16;
  return h;
}

void TestOps::hash_is_the_documented_one() {
  const double p = 0.3;
  const uint64_t key = 0xFEDCBA9876543210ULL;
  const at::Tensor rows = at::tensor(std::vector<int64_t>{0, 1, 2, 77, int64_t{1} << 40, -5});
  const at::Tensor factors = dropout_factors({p, key, rows}, 100, at::empty({0}, at::kDouble), 0xFFFFFFC0);
  for (int64_t i = 0; i < rows.numel(); ++i) {
    for (int64_t c = 0; c < 100; ++c) {
      const uint32_t column = static_cast<uint32_t>(0xFFFFFFC0 + c);  // wraps around
      const uint32_t h = plain_hash(key, rows[i].item<int64_t>(), column);
      QCOMPARE(dropout_hash(dropout_base(key, rows[i].item<int64_t>()), column), h);
      QCOMPARE(factors[i][c].item<double>(), h >= std::ceil(p * 4294967296.0) ? 1 / (1 - p) : 0.0);
    }
  }
}

void TestOps::dropout_masks() {
  const int64_t rows = 700, columns = 383;
  for (const double p : {0.1, 0.5}) {
    const Dropout drop = some_dropout(p, rows);
    const at::Tensor factors = dropout_factors(drop, columns, at::empty({0}));
    with_each_kernels([&](const char* name) {
      QVERIFY2(at::equal(dropout(at::ones({rows, columns}), drop), factors), name);
    });
    // Shares of dropped units in all, in each row, in each column, and of neighbouring pairs, within 5 deviations.
    const at::Tensor dropped = factors.eq(0).to(at::kDouble);
    const auto within = [&](const at::Tensor& share, double expected, int64_t count) {
      const double deviation = std::sqrt(expected * (1 - expected) / static_cast<double>(count));
      return (share - expected).abs().max().item<double>() < 5 * deviation;
    };
    QVERIFY(within(dropped.mean(), p, rows * columns));
    QVERIFY(within(dropped.mean(0), p, rows));
    QVERIFY(within(dropped.mean(1), p, columns));
    const at::Tensor beside = dropped.slice(1, 1) * dropped.slice(1, 0, columns - 1);
    const at::Tensor below = dropped.slice(0, 1) * dropped.slice(0, 0, rows - 1);
    QVERIFY(within(beside.mean(), p * p, rows * columns / 2));
    QVERIFY(within(below.mean(), p * p, rows * columns / 2));
    Dropout other = drop;
    other.key += 1;
    const at::Tensor both = dropped * dropout_factors(other, columns, at::empty({0})).eq(0).to(at::kDouble);
    QVERIFY(within(both.mean(), p * p, rows * columns));
  }
  const at::Tensor x = normal({3, 4}, 1);
  QVERIFY(dropout(x, {}).is_same(x));
  QVERIFY(at::equal(dropout(x, some_dropout(1, 3)), at::zeros_like(x)));
}

void TestOps::dropout_is_the_same_however_the_batch_is_cut() {
  const at::Tensor x = normal({50, 33}, 2);
  const at::Tensor whole = dropout(x, some_dropout(0.1, 50));
  const at::Tensor parts = at::cat(
      {dropout(x.slice(0, 0, 17), some_dropout(0.1, 17)), dropout(x.slice(0, 17, 50), some_dropout(0.1, 33, 17))});
  QVERIFY(at::equal(whole, parts));
}

void TestOps::dropout_gradient() {
  const Dropout drop = some_dropout(0.3, 9);
  const Computation block = [&](const Tensors& t) { return dropout(t[0], drop); };
  const Computation plain = [&](const Tensors& t) { return t[0] * dropout_factors(drop, 21, t[0]); };
  with_each_kernels([&](const char* name) { QVERIFY2(agree(block, plain, {normal({9, 21}, 3)}, 1e-6), name); });
  QVERIFY(gradients_are_true(block, {normal({9, 21}, 3)}));
}

void TestOps::linear_data() {
  QTest::addColumn<int>("in");
  QTest::addColumn<int>("out");
  QTest::addColumn<bool>("with_bias");
  QTest::newRow("square") << 384 << 384 << true;
  QTest::newRow("wide") << 384 << 1536 << true;
  QTest::newRow("deep") << 1536 << 384 << false;
  QTest::newRow("77 labels") << 384 << 77 << true;
  QTest::newRow("2 labels") << 64 << 2 << true;
  QTest::newRow("one of all") << 1 << 1 << true;
  QTest::newRow("odd") << 131 << 49 << false;
}

void TestOps::linear() {
  QFETCH(int, in);
  QFETCH(int, out);
  QFETCH(bool, with_bias);
  const at::Tensor weight = normal({out, in}, 4) / std::sqrt(in), bias = with_bias ? normal({out}, 5) : at::Tensor();
  const at::Tensor exact_weight = weight.to(at::kDouble), exact_bias = with_bias ? bias.to(at::kDouble) : bias;
  const Computation plain = [&](const Tensors& t) { return at::linear(t[0], exact_weight, exact_bias); };
  with_each_kernels([&](const char* name) {
    const auto layer = make_frozen_linear(weight, bias);
    QCOMPARE(layer->in_features(), in);
    QCOMPARE(layer->out_features(), out);
    QVERIFY(layer->weight().is_same(weight) || layer->weight().data_ptr() == weight.data_ptr());
    const Computation block = [&](const Tensors& t) { return frozen_linear(t[0], layer); };
    for (const int rows : {0, 1, 2, 3, 5, 7, 8, 9, 13, 97, 210}) {
      QVERIFY2(agree(block, plain, {normal({rows, in}, 6)}, 3e-6), name);
    }
    // A view with a longer stride, and one that is not contiguous along its rows.
    const at::Tensor wide = normal({30, in + 5}, 7), x = wide.slice(1, 2, in + 2);
    QVERIFY2(at::equal(layer->forward(x), layer->forward(x.contiguous())), name);
    const at::Tensor turned = normal({in, 30}, 8).t();
    QVERIFY2(at::equal(layer->forward(turned), layer->forward(turned.contiguous())), name);
    // A row's result is that of the row alone.
    const at::Tensor many = normal({61, in}, 9);
    QVERIFY2(at::equal(layer->forward(many).slice(0, 40, 41), layer->forward(many.slice(0, 40, 41))), name);
  });
}

void TestOps::linear_with_other_types() {
  const at::Tensor weight = normal({6, 5}, 10), bias = normal({6}, 11), x = normal({4, 5}, 12);
  const auto layer = make_frozen_linear(weight, bias);
  const Computation block = [&](const Tensors& t) { return frozen_linear(t[0], layer); };
  QVERIFY(gradients_are_true(block, {x}));
  const Outcome half = outcome(block, {x}, at::kBFloat16), exact = outcome(block, {x}, at::kDouble);
  QCOMPARE(half.value.scalar_type(), at::kBFloat16);
  QVERIFY(distance(half.value, exact.value) < 0.02);
  QVERIFY(distance(half.gradients[0], exact.gradients[0]) < 0.02);
}

// Masks of neighbouring steps, places and rows under small seeds, keyed as Trainer and ForwardContext key them: what
// one drops says nothing of what another does.
void TestOps::masks_are_unrelated() {
  const int64_t rows = 300, columns = 384;
  const auto mask = [&](uint64_t seed, uint64_t step, uint64_t place, int64_t first_row) {
    const uint64_t step_key = mix64(seed ^ mix64(step + 1));
    const Dropout drop{0.1, mix64(step_key ^ mix64(place)), at::arange(first_row, first_row + rows, at::kLong)};
    return dropout_factors(drop, columns, at::empty({0}, at::kFloat)).to(at::kDouble).flatten();
  };
  const auto correlation = [](at::Tensor a, at::Tensor b) {
    a = a - a.mean(), b = b - b.mean();
    return (a.dot(b) / (a.norm() * b.norm())).item<double>();
  };
  const double bound = 5 / std::sqrt(static_cast<double>(rows * columns));  // five standard deviations of chance
  for (const uint64_t seed : {0U, 1U, 5U}) {
    const at::Tensor first = mask(seed, 0, 1, 0);
    QVERIFY(std::abs(first.mean().item<double>() - 1) < 0.01);
    for (const at::Tensor& other : {mask(seed, 1, 1, 0), mask(seed, 0, 2, 0), mask(seed, 0, 1, 1),
                                    mask(seed, 0, 1, rows), mask(seed + 1, 0, 1, 0), mask(seed, 1, 2, 0)}) {
      QVERIFY(std::abs(correlation(first, other)) < bound);
    }
    QCOMPARE(correlation(first, mask(seed, 0, 1, 0)) > 0.999, true);
  }
}

void TestOps::linear_calls_packed() {
  int calls = 0;
  FrozenOptions options;
  options.packed_now = [&] { ++calls; };
  const auto layer = make_frozen_linear(normal({6, 5}, 13), {}, options);
  QCOMPARE(calls, 0);  // nothing is read before it is used
  layer->grad_input(normal({3, 6}, 14));
  QCOMPARE(calls, 1);
  layer->grad_input(normal({3, 6}, 14));
  layer->forward(normal({3, 5}, 14));
  layer->forward(normal({3, 5}, 14));
  QCOMPARE(calls, 2);
}

// Weights that are kept in half precision give what their values give in fp32, to the last bit.
void TestOps::linear_of_half_weights() {
  for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf}) {
    const at::Tensor weight = normal({70, 40}, 15).to(dtype), bias = normal({70}, 16);
    const at::Tensor x = normal({9, 40}, 17), dy = normal({9, 70}, 18);
    FrozenOptions streamed;
    streamed.packed = false;
    for (const bool transposed : {false, true}) {  // as Conv1D's are
      const at::Tensor w = transposed ? weight.t().contiguous().t() : weight;
      const auto kept = make_frozen_linear(w, bias, streamed);
      const auto converted = make_frozen_linear(weight.to(at::kFloat), bias);
      QVERIFY(at::equal(kept->forward(x), converted->forward(x)));
      QVERIFY(at::equal(kept->grad_input(dy), converted->grad_input(dy)));
      QCOMPARE(kept->weight().scalar_type(), dtype);
    }
  }
}

static at::Tensor plain_norm(const Tensors& t, double eps, const Dropout& drop) {
  at::Tensor sum = t[0];
  if (drop.active()) sum = sum * dropout_factors(drop, sum.size(-1), sum);
  if (t[1].defined()) sum = sum + t[1];
  const at::Tensor mean = sum.mean(-1, true);
  return (sum - mean) / ((sum - mean).square().mean(-1, true) + eps).sqrt() * t[2] + t[3];
}

void TestOps::norm_data() {
  QTest::addColumn<int>("rows");
  QTest::addColumn<int>("columns");
  QTest::addColumn<bool>("residual");
  QTest::addColumn<double>("p");
  QTest::newRow("as in a layer") << 430 << 384 << true << 0.1;
  QTest::newRow("without dropout") << 130 << 384 << true << 0.0;
  QTest::newRow("without residual") << 33 << 384 << false << 0.0;
  QTest::newRow("dropout alone") << 33 << 64 << false << 0.5;
  QTest::newRow("odd") << 7 << 131 << true << 0.1;
  QTest::newRow("narrow") << 5 << 3 << true << 0.0;
  QTest::newRow("no row") << 0 << 16 << true << 0.1;
}

void TestOps::norm() {
  QFETCH(int, rows);
  QFETCH(int, columns);
  QFETCH(bool, residual);
  QFETCH(double, p);
  const Dropout drop = p > 0 ? some_dropout(p, rows) : Dropout{};
  const Tensors inputs{normal({rows, columns}, 15) * 3 + 1, residual ? normal({rows, columns}, 16) : at::Tensor(),
                       normal({columns}, 17), normal({columns}, 18)};
  const Computation plain = [&](const Tensors& t) { return plain_norm(t, 1e-12, drop); };
  const Computation block = [&](const Tensors& t) {
    return dropout_add_layer_norm(t[0], t[1], t[2], t[3], 1e-12, drop);
  };
  const at::Tensor expected = outcome(plain, inputs, at::kDouble).value;
  with_each_kernels([&](const char* name) {
    QVERIFY2(agree(block, plain, inputs, 1e-5), name);
    const at::NoGradGuard no_grad;
    QVERIFY2(distance(block(inputs), expected) < 1e-5, name);
  });
}

void TestOps::norm_in_float64() {
  const Dropout drop = some_dropout(0.3, 4);
  const Computation block = [&](const Tensors& t) {
    return dropout_add_layer_norm(t[0], t[1], t[2], t[3], 1e-5, drop);
  };
  const Tensors inputs{normal({4, 6}, 19), normal({4, 6}, 20), normal({6}, 21), normal({6}, 22)};
  QVERIFY(gradients_are_true(block, inputs));
  QVERIFY(gradients_are_true(block, {inputs[0], {}, inputs[2], inputs[3]}));
}

void TestOps::activations_data() {
  QTest::addColumn<QString>("name");
  for (const char* name : {"gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "tanh"})
    QTest::newRow(name) << name;
}

void TestOps::activations() {
  QFETCH(QString, name);
  const std::string act = name.toStdString();
  const Computation plain = [&](const Tensors& t) -> at::Tensor {
    const at::Tensor& x = t[0];
    if (act == "gelu") return x * 0.5 * (1 + at::erf(x / std::sqrt(2.0)));
    if (act == "relu") return at::where(x > 0, x, 0.0 * x);
    if (act == "silu") return x / (1 + at::exp(-x));
    if (act == "tanh") return at::tanh(x);
    return 0.5 * x * (1 + at::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  };
  const Computation block = [&](const Tensors& t) { return activation(t[0], act); };
  with_each_kernels([&](const char* kernels) {
    for (const int columns : {1, 2, 15, 16, 17, 130, 1536}) {
      QVERIFY2(agree(block, plain, {normal({37, columns}, 23) * 3}, 1e-6), kernels);
    }
  });
  QVERIFY(gradients_are_true(block, {normal({3, 5}, 24)}));
  QVERIFY_EXCEPTION_THROWN(activation(normal({1}, 25), "swish2"), Error);
}

void TestOps::gelu_is_accurate() {
  const at::Tensor x = at::linspace(-30, 30, 120001, at::kFloat);
  const at::Tensor exact = x.to(at::kDouble);
  for (const char* form : {"none", "tanh"}) {
    const at::Tensor expected = at::gelu(exact, form);
    with_each_kernels([&](const char* name) {
      const at::Tensor found = activation(x, form == std::string("none") ? "gelu" : "gelu_new").to(at::kDouble);
      const double off =
          ((found - expected).abs() - exact.abs() * 1.2e-7).max().item<double>();  // beyond fp32's own step
      QVERIFY2(off < 5e-7, name);
    });
  }
  const at::Tensor odd = at::tensor(std::vector<float>{INFINITY, NAN, 0, 1e30F, -1e30F});
  with_each_kernels([&](const char* name) {
    const at::Tensor y = activation(odd, "gelu");
    QVERIFY2(y[0].item<float>() == INFINITY && std::isnan(y[1].item<float>()) && y[2].item<float>() == 0, name);
    QVERIFY2(y[3].item<float>() == 1e30F, name);
  });
}

// Everything that the fp32 kernels compute here, in one row of numbers.
static at::Tensor everything() {
  const int64_t N = 203, C = 384;
  const at::Tensor weight = normal({1000, C}, 26) / 20, x = normal({N, C}, 27), dy = normal({N, 1000}, 28);
  const auto layer = make_frozen_linear(weight, normal({1000}, 29));
  const Dropout drop = some_dropout(0.1, N);
  Tensors results{layer->forward(x), layer->grad_input(dy)};
  const auto add = [&](const Computation& block, const Tensors& inputs) {
    const Outcome o = outcome(block, inputs, at::kFloat);
    results.push_back(o.value);
    results.insert(results.end(), o.gradients.begin(), o.gradients.end());
  };
  add([&](const Tensors& t) { return dropout_add_layer_norm(t[0], t[1], t[2], t[3], 1e-12, drop); },
      {x, normal({N, C}, 30), normal({C}, 31), normal({C}, 32)});
  add([&](const Tensors& t) { return activation(t[0], "gelu"); }, {x});
  add([&](const Tensors& t) { return dropout(t[0], drop); }, {x});
  for (at::Tensor& r : results) r = r.flatten();
  return at::cat(results);
}

void TestOps::threads_change_no_bit() { check_threads_change_no_bit(everything); }

void TestOps::kernels_agree() { check_kernels_agree(everything); }

void TestOps::losses() {
  const at::Tensor logits = normal({9, 5}, 33);
  const at::Tensor labels = at::tensor(std::vector<int64_t>{0, 4, -100, 2, 2, 1, -100, 3, 0});
  const Computation block = [&](const Tensors& t) { return cross_entropy(t[0], labels, 0.1); };
  const Computation plain = [&](const Tensors& t) {
    at::Tensor sum = at::zeros({}, t[0].options());
    for (int64_t i = 0; i < 9; ++i) {
      const int64_t label = labels[i].item<int64_t>();
      if (label < 0) continue;
      const at::Tensor logp = t[0][i] - at::logsumexp(t[0][i], 0);
      sum = sum - 0.9 * logp[label] - 0.1 * logp.mean();
    }
    return sum / 7;
  };
  QVERIFY(agree(block, plain, {logits}, 1e-6));
  QVERIFY(gradients_are_true(block, {logits}));
  QVERIFY(distance(cross_entropy(logits, labels), at::cross_entropy_loss(logits, labels)) < 1e-6);
  QVERIFY(cross_entropy(logits.to(at::kBFloat16), labels).scalar_type() == at::kFloat);
  // The sums of two parts give the mean of the whole.
  const LossSum a = cross_entropy_sum(logits.slice(0, 0, 4), labels.slice(0, 0, 4), 0.1);
  const LossSum b = cross_entropy_sum(logits.slice(0, 4, 9), labels.slice(0, 4, 9), 0.1);
  QCOMPARE((a.count + b.count).item<int64_t>(), 7);
  QVERIFY(distance((a.sum + b.sum) / (a.count + b.count), cross_entropy(logits, labels, 0.1)) < 1e-6);

  const at::Tensor scores = normal({4, 1}, 34), wanted = at::tensor(std::vector<float>{1, -100, 0.5F, 3});
  const Computation squared = [&](const Tensors& t) { return mean_squared_error(t[0], wanted.to(t[0].scalar_type())); };
  QVERIFY(gradients_are_true(squared, {scores}));
  const float e0 = scores[0].item<float>() - 1, e2 = scores[2].item<float>() - 0.5F, e3 = scores[3].item<float>() - 3;
  QVERIFY(std::abs(squared({scores}).item<float>() - (e0 * e0 + e2 * e2 + e3 * e3) / 3) < 1e-6F);
}

void TestOps::nothing_is_kept_without_gradients() {
  const at::Tensor x = normal({4, 32}, 35), g = at::ones({32}), leaf = normal({4, 32}, 36).set_requires_grad(true);
  const auto layer = make_frozen_linear(normal({32, 32}, 37), {});
  const auto all = [&](const at::Tensor& in) {
    return Tensors{activation(in, "gelu"), dropout(in, some_dropout(0.1, 4)), frozen_linear(in, layer),
                   dropout_add_layer_norm(in, {}, g, g, 1e-5, {})};
  };
  for (const at::Tensor& y : all(x)) QVERIFY(!y.requires_grad());
  for (const at::Tensor& y : all(leaf)) QVERIFY(y.requires_grad());
  const at::NoGradGuard no_grad;
  for (const at::Tensor& y : all(leaf)) QVERIFY(!y.requires_grad());
}

void TestOps::shapes_that_disagree() {
  const at::Tensor x = normal({4, 32}, 38), g = at::ones({32});
  const auto layer = make_frozen_linear(normal({8, 16}, 39), {});
  QVERIFY_EXCEPTION_THROWN(layer->forward(x), Error);
  QVERIFY_EXCEPTION_THROWN(dropout(x, some_dropout(0.1, 3)), Error);
  QVERIFY_EXCEPTION_THROWN(dropout_add_layer_norm(x, x.slice(0, 1), g, g, 1e-5, {}), Error);
  QVERIFY_EXCEPTION_THROWN(dropout_add_layer_norm(x, {}, g.slice(0, 1), g, 1e-5, {}), Error);
}

void TestOps::denormals_are_flushed() {
  const at::Tensor tiny = at::full({100000}, 1e-30F);
  QVERIFY((tiny * 1e-10).ne(0).all().item<bool>());
  flush_denormals();
  QVERIFY((tiny * 1e-10).eq(0).all().item<bool>());
}

QTEST_APPLESS_MAIN(TestOps)
#include "test_ops.moc"
