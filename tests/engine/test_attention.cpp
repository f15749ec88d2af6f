// Packed attention against padded and masked scaled dot product attention, and against the plain formula.
#include "base/error.h"
#include "ops/attention.h"
#include "ops/attention_cpu.h"
#include "ops/attention_generic.h"
#include "ops_checks.h"

using namespace mtlora;

class TestAttention : public QObject {
  Q_OBJECT

 private slots:
  void equals_padded_and_masked();
  void every_length();
  void every_form_data();
  void every_form();
  void strided_views();
  void windows();
  void window_softcap_and_bias();
  void gradients_in_float64();
  void dropout_factors_are_the_documented_ones();
  void dropout_is_the_same_however_the_batch_is_cut();
  void threads_change_no_bit();
  void kernels_agree();
  void half_precision();
  void bad_arguments();
};

static at::Tensor borders(const std::vector<int32_t>& lengths) {
  std::vector<int32_t> cu{0};
  for (const int32_t n : lengths) cu.push_back(cu.back() + n);
  return at::tensor(cu, at::kInt);
}

struct Case {
  std::vector<int32_t> queries, keys;
  int64_t heads = 2, key_heads = 2, head_size = 32;
  bool causal = false;
  double p = 0;

  AttentionArgs args() const {
    AttentionArgs a;
    a.cu_q = borders(queries);
    a.cu_k = borders(keys);
    a.max_q = *std::max_element(queries.begin(), queries.end());
    a.max_k = *std::max_element(keys.begin(), keys.end());
    a.scale = 1 / std::sqrt(static_cast<double>(head_size));
    a.causal = causal;
    if (p > 0) a.dropout = some_dropout(p, tokens(queries), 1000);
    return a;
  }
  Tensors inputs() const {
    return {normal({tokens(queries), heads, head_size}, 41) * 2, normal({tokens(keys), key_heads, head_size}, 42),
            normal({tokens(keys), key_heads, head_size}, 43)};
  }
  static int64_t tokens(const std::vector<int32_t>& lengths) {
    return std::accumulate(lengths.begin(), lengths.end(), 0);
  }
};

// The definition, one sequence and head at a time.
static at::Tensor plain(const Tensors& t, const AttentionArgs& a) {
  Tensors sequences;
  for (int64_t s = 0; s + 1 < a.cu_q.numel(); ++s) {
    const auto part = [&](const at::Tensor& x, const at::Tensor& cu) {
      return x.slice(0, cu[s].item<int>(), cu[s + 1].item<int>());
    };
    const at::Tensor q = part(t[0], a.cu_q), k = part(t[1], a.cu_k), v = part(t[2], a.cu_k);
    const int64_t n = q.size(0), m = k.size(0);
    Tensors heads;
    for (int64_t h = 0; h < q.size(1); ++h) {
      const int64_t kh = h / (q.size(1) / k.size(1));
      at::Tensor scores = at::matmul(q.select(1, h), k.select(1, kh).t()) * a.scale;
      if (a.softcap > 0) scores = a.softcap * at::tanh(scores / a.softcap);
      if (t.size() > 3) scores = scores + t[3][h].slice(0, 0, n).slice(1, 0, m);
      std::vector<float> hidden;  // −∞ where a key is not seen
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j < m; ++j) {
          const int64_t place = m - n + i;
          const bool hide = (a.causal && j > place) || (a.window >= 0 && std::abs(j - place) > a.window);
          hidden.push_back(hide ? -INFINITY : 0);
        }
      }
      at::Tensor weights = at::softmax(scores + at::tensor(hidden, at::kFloat).view({n, m}), -1);
      if (a.dropout.active()) {
        std::vector<double> factors;
        for (int64_t i = 0; i < n; ++i) {
          const int64_t row = a.dropout.row_ids[a.cu_q[s].item<int>() + i].item<int64_t>();
          for (int64_t j = 0; j < m; ++j) {
            const uint32_t column = static_cast<uint32_t>(h * 1048576 + j);
            const bool keep = dropout_hash(dropout_base(a.dropout.key, row), column) >= a.dropout.p * 4294967296.0;
            factors.push_back(keep ? 1 / (1 - a.dropout.p) : 0);
          }
        }
        weights = weights * at::tensor(factors, at::kDouble).view({n, m});
      }
      heads.push_back(at::matmul(weights, v.select(1, kh)));
    }
    sequences.push_back(at::stack(heads, 1));
  }
  return at::cat(sequences);
}

static Computation block_of(const AttentionArgs& a) {
  return [a](const Tensors& t) { return attention(t[0], t[1], t[2], a); };
}
static Computation plain_of(const AttentionArgs& a) {
  return [a](const Tensors& t) { return plain(t, a); };
}

void TestAttention::equals_padded_and_masked() {
  const Case c{{13, 1, 50, 8, 128}, {13, 1, 50, 8, 128}, 12, 12, 32};
  const AttentionArgs args = c.args();
  const Computation padded = [&](const Tensors& t) {
    const int64_t S = 5, L = 128;
    Tensors wide;
    for (const at::Tensor& x : t) {
      Tensors rows;
      for (int64_t s = 0; s < S; ++s) {
        const at::Tensor part = x.slice(0, args.cu_q[s].item<int>(), args.cu_q[s + 1].item<int>());
        rows.push_back(at::constant_pad_nd(part, {0, 0, 0, 0, 0, L - part.size(0)}));
      }
      wide.push_back(at::stack(rows).transpose(1, 2));
    }
    at::Tensor mask = at::zeros({S, 1, 1, L}, at::kBool);
    for (int64_t s = 0; s < S; ++s) mask[s].slice(-1, 0, c.queries[static_cast<size_t>(s)]).fill_(true);
    const at::Tensor out = at::scaled_dot_product_attention(wide[0], wide[1], wide[2], mask, 0, false, args.scale);
    Tensors rows;
    for (int64_t s = 0; s < S; ++s)
      rows.push_back(out[s].transpose(0, 1).slice(0, 0, c.queries[static_cast<size_t>(s)]));
    return at::cat(rows);
  };
  with_each_kernels([&](const char* name) { QVERIFY2(agree(block_of(args), padded, c.inputs(), 2e-6), name); });
}

void TestAttention::every_length() {
  Case c;
  for (int32_t n = 1; n <= 130; ++n) c.queries.push_back(n);
  c.keys = c.queries;
  c.heads = c.key_heads = 1;
  const AttentionArgs args = c.args();
  const Outcome expected = outcome(plain_of(args), c.inputs(), at::kDouble);
  with_each_kernels([&](const char* name) { QVERIFY2(agrees(block_of(args), expected, c.inputs(), 3e-6), name); });
}

void TestAttention::every_form_data() {
  QTest::addColumn<int>("heads");
  QTest::addColumn<int>("key_heads");
  QTest::addColumn<int>("head_size");
  QTest::addColumn<bool>("causal");
  QTest::addColumn<double>("p");
  for (const bool causal : {false, true}) {
    for (const double p : {0.0, 0.25}) {
      const auto row = [&](const char* what, int h, int kh, int d) {
        QTest::addRow("%s%s%s", what, causal ? ", causal" : "", p > 0 ? ", dropout" : "")
            << h << kh << d << causal << p;
      };
      row("heads of 32", 2, 2, 32);
      row("heads of 64", 2, 2, 64);
      row("heads of 80", 1, 1, 80);
      row("heads of 8", 2, 2, 8);
      row("grouped", 4, 2, 16);
      row("one key head, odd size", 3, 1, 20);
    }
  }
}

void TestAttention::every_form() {
  QFETCH(int, heads);
  QFETCH(int, key_heads);
  QFETCH(int, head_size);
  QFETCH(bool, causal);
  QFETCH(double, p);
  Case c{{5, 1, 17, 0, 70}, {5, 1, 17, 0, 70}, heads, key_heads, head_size, causal, p};
  for (const bool fewer_queries : {false, true}) {
    if (fewer_queries) c.queries = {1, 1, 3, 0, 49};
    const AttentionArgs args = c.args();
    const Tensors inputs = c.inputs();
    QVERIFY(cpu_attention_takes(inputs[0], inputs[1], inputs[2], args));
    const Outcome expected = outcome(plain_of(args), inputs, at::kDouble);
    with_each_kernels([&](const char* name) { QVERIFY2(agrees(block_of(args), expected, inputs, 3e-6), name); });
    const Computation generic = [&](const Tensors& t) { return generic_attention(t[0], t[1], t[2], args); };
    QVERIFY(agrees(generic, expected, inputs, 3e-6));
  }
}

void TestAttention::strided_views() {
  const Case c{{7, 20}, {7, 20}, 3, 3, 32};
  const at::Tensor fused = normal({27, 3, 3, 32}, 44);  // q, k and v of a token side by side
  const Tensors views{fused.select(1, 0), fused.select(1, 1), fused.select(1, 2)};
  const at::Tensor out = attention(views[0], views[1], views[2], c.args());
  QVERIFY(at::equal(out, attention(views[0].contiguous(), views[1].contiguous(), views[2].contiguous(), c.args())));
  const at::Tensor turned = normal({27, 32, 3}, 45).transpose(1, 2);
  QVERIFY(at::equal(attention(turned, turned, turned, c.args()),
                    attention(turned.contiguous(), turned.contiguous(), turned.contiguous(), c.args())));
}

// Windows shorter than a block of queries, and longer; one that leaves the query's own place alone.
void TestAttention::windows() {
  for (const bool causal : {false, true}) {
    for (const int64_t window : {0, 1, 7, 40, 100}) {
      const Case c{{9, 1, 130, 60}, {12, 1, 130, 177}, 4, 2, 16, causal, 0.2};
      AttentionArgs args = c.args();
      args.window = window;
      QVERIFY(agree(block_of(args), plain_of(args), c.inputs(), 3e-6));
    }
  }
}

void TestAttention::window_softcap_and_bias() {
  for (const bool causal : {false, true}) {
    const Case c{{9, 1, 33}, {12, 1, 40}, 4, 2, 16, causal, 0.2};
    AttentionArgs args = c.args();
    Tensors inputs = c.inputs();
    args.window = 4;
    QVERIFY(agree(block_of(args), plain_of(args), inputs, 3e-6));
    args.softcap = 3;
    QVERIFY(agree(block_of(args), plain_of(args), inputs, 3e-6));
    inputs.push_back(normal({4, 33, 40}, 46));
    const Computation with_bias = [args](const Tensors& t) {
      AttentionArgs a = args;
      a.relative_bias = t[3];
      return attention(t[0], t[1], t[2], a);
    };
    QVERIFY(agree(with_bias, plain_of(args), inputs, 3e-6));
  }
}

void TestAttention::gradients_in_float64() {
  for (const double p : {0.0, 0.3}) {
    for (const bool causal : {false, true}) {
      const Case c{{2, 1, 4}, {3, 1, 4}, 2, 1, 3, causal, p};
      AttentionArgs args = c.args();
      QVERIFY(gradients_are_true(block_of(args), c.inputs()));
      Tensors inputs = c.inputs();
      inputs.push_back(normal({2, 4, 4}, 47));
      args.softcap = 2;
      args.window = 2;
      QVERIFY(gradients_are_true(
          [args](const Tensors& t) {
            AttentionArgs a = args;
            a.relative_bias = t[3];
            return attention(t[0], t[1], t[2], a);
          },
          inputs));
    }
  }
}

void TestAttention::dropout_factors_are_the_documented_ones() {
  // Equal scores and unit values make the weights visible: out[i, h, d] = factor of key d, divided by the keys.
  const int64_t m = 32;
  AttentionArgs args = Case{{3}, {32}, 2, 2, 32}.args();
  args.dropout = some_dropout(0.4, 3, 50);
  const at::Tensor zero = at::zeros({m, 2, m}), v = at::eye(m).unsqueeze(1).expand({m, 2, m});
  with_each_kernels([&](const char* name) {
    const at::Tensor out = attention(zero.slice(0, 0, 3), zero, v, args) * static_cast<double>(m);
    for (int64_t h = 0; h < 2; ++h) {
      const at::Tensor expected = dropout_factors(args.dropout, m, out, h << 20);
      QVERIFY2(distance(out.select(1, h), expected) < 1e-6, name);
    }
  });
}

void TestAttention::dropout_is_the_same_however_the_batch_is_cut() {
  const Case whole{{13, 1, 50, 8}, {13, 1, 50, 8}, 2, 2, 32, false, 0.1};
  const Tensors t = whole.inputs();
  const at::Tensor out = attention(t[0], t[1], t[2], whole.args());
  AttentionArgs args = Case{{50, 8}, {50, 8}}.args();
  args.dropout = some_dropout(0.1, 58, 1014);
  QVERIFY(at::equal(attention(t[0].slice(0, 14), t[1].slice(0, 14), t[2].slice(0, 14), args), out.slice(0, 14)));
}

static at::Tensor everything() {
  const Case c{{13, 1, 50, 8, 128, 9}, {13, 1, 50, 8, 128, 9}, 4, 4, 32, false, 0.1};
  const Outcome o = outcome(block_of(c.args()), c.inputs(), at::kFloat);
  return at::cat({o.value, o.gradients[0], o.gradients[1], o.gradients[2]});
}

void TestAttention::threads_change_no_bit() { check_threads_change_no_bit(everything); }

void TestAttention::kernels_agree() { check_kernels_agree(everything); }

void TestAttention::half_precision() {
  const Case c{{5, 20}, {5, 20}, 2, 2, 16, true, 0.1};
  const Outcome half = outcome(block_of(c.args()), c.inputs(), at::kBFloat16);
  const Outcome exact = outcome(plain_of(c.args()), c.inputs(), at::kDouble);
  QCOMPARE(half.value.scalar_type(), at::kBFloat16);
  QVERIFY(distance(half.value, exact.value) < 0.03);
  for (size_t i = 0; i < 3; ++i) QVERIFY(distance(half.gradients[i], exact.gradients[i]) < 0.03);
}

void TestAttention::bad_arguments() {
  const Case c{{3, 2}, {3, 2}};
  const Tensors t = c.inputs();
  AttentionArgs args = c.args();
  args.cu_k = borders({3, 3});
  QVERIFY_EXCEPTION_THROWN(attention(t[0], t[1], t[2], args), Error);
  args = c.args();
  args.max_q = 2;
  QVERIFY_EXCEPTION_THROWN(attention(t[0], t[1], t[2], args), Error);
  Case more{{3}, {2}};
  more.causal = true;
  const Tensors u = more.inputs();
  QVERIFY_EXCEPTION_THROWN(attention(u[0], u[1], u[2], more.args()), Error);
}

QTEST_APPLESS_MAIN(TestAttention)
#include "test_attention.moc"
