// The geometry of an adapter: against numbers of 50 digits (tests/golden/make_geometry.py) and by its properties.
#include "geometry/geometry.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "geometry/assignment.h"
#include "geometry/linear_algebra.h"
#include "io/safetensors.h"

using namespace mtlora;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double kScaling = 2.0;

// B, T and A as doubles that fit float32 exactly.
struct Adapter {
  MatrixXd b, t, a;

  ModuleSnapshot snapshot(const Frame* previous = nullptr, Frame* frame = nullptr) const {
    const auto floats = [](const MatrixXd& m) {
      const Matrix values = to_matrix(m);
      return std::vector<float>(values.values.begin(), values.values.end());
    };
    return snapshot_module("layer", floats(b), floats(t), floats(a), size(b.rows()), size(a.cols()), size(t.rows()),
                           kScaling, 10.0, previous, frame);
  }
  MatrixXd delta() const { return kScaling * (b * t * a); }
  static size_t size(Eigen::Index n) { return static_cast<size_t>(n); }
};

// Entries are multiples of 1/64 below 2 in size, so that products with small whole numbers stay exact in float32.
MatrixXd coarse(Eigen::Index rows, Eigen::Index cols, RandomStream& random) {
  return MatrixXd::NullaryExpr(rows, cols,
                               [&random](auto, auto) { return (static_cast<double>(random.below(255)) - 127) / 64; });
}

Adapter coarse_adapter(Eigen::Index out, Eigen::Index in, Eigen::Index r, uint64_t seed) {
  RandomStream random(seed, 1);
  MatrixXd b = coarse(out, r, random), t = coarse(r, r, random), a = coarse(r, in, random);
  return {std::move(b), std::move(t), std::move(a)};
}

// B and A whose columns and rows are multiples of unit vectors: U and V are those vectors, σ(BA) = s · sizes.
Adapter aligned_adapter(const std::vector<double>& sizes, const MatrixXd& t) {
  const Eigen::Index r = t.rows();
  Adapter adapter{MatrixXd::Zero(2 * r, r), t, MatrixXd::Zero(r, 3 * r)};
  for (Eigen::Index i = 0; i < r; ++i) {
    adapter.b(i + 1, i) = 1;
    adapter.a(i, i + 2) = sizes[static_cast<size_t>(i)];
  }
  return adapter;
}

ModuleSnapshot snapshot_of_k(const MatrixXd& k) {
  ModuleSnapshot snapshot;
  snapshot.k = to_matrix(k);
  for (Eigen::Index i = 0; i < k.rows(); ++i) {
    snapshot.track.push_back(static_cast<size_t>(i));
    snapshot.sigma_ba.push_back(static_cast<double>(k.rows() - i));
  }
  snapshot.sigma_bta = snapshot.sigma_ba;
  return snapshot;
}

MatrixXd turn(double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  MatrixXd m(2, 2);
  m << std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle);
  return m;
}

MatrixXd blocks(const std::vector<MatrixXd>& parts) {
  Eigen::Index n = 0;
  for (const MatrixXd& part : parts) n += part.rows();
  MatrixXd m = MatrixXd::Zero(n, n);
  n = 0;
  for (const MatrixXd& part : parts) {
    m.block(n, n, part.rows(), part.rows()) = part;
    n += part.rows();
  }
  return m;
}

MatrixXd random_orthogonal(Eigen::Index n, RandomStream& random) {
  const MatrixXd m = MatrixXd::NullaryExpr(n, n, [&random](auto, auto) { return random.normal(); });
  return MatrixXd(Eigen::HouseholderQR<MatrixXd>(m).householderQ());
}

const MatrixXd kOne = MatrixXd::Ones(1, 1);

double difference(const MatrixXd& a, const MatrixXd& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return INFINITY;
  return a.size() ? (a - b).cwiseAbs().maxCoeff() : 0;
}
double difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return INFINITY;
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

#define VERIFY_NEAR(actual, expected, tolerance)                                                                   \
  do {                                                                                                             \
    const double d_ = difference(actual, expected);                                                                \
    QVERIFY2(d_ <= (tolerance), qPrintable(QString(#actual " differs by %1, allowed %2").arg(d_).arg(tolerance))); \
  } while (false)

class Golden {
 public:
  Golden(const SafetensorsFile& file, std::string name) : file_(file), name_(std::move(name)) {}
  template <typename T = double>
  MatrixXd matrix(const char* key) const {
    const TensorEntry& entry = file_.at(name_ + "." + key);
    using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Rows m(entry.shape[0], entry.shape.size() > 1 ? entry.shape[1] : 1);
    if (entry.bytes) std::memcpy(m.data(), entry.data, entry.bytes);
    return m.template cast<double>();
  }
  std::vector<double> vector(const char* key) const { return to_vector(matrix(key).col(0)); }
  Adapter adapter() const { return {matrix<float>("b"), matrix<float>("t"), matrix<float>("a")}; }

 private:
  const SafetensorsFile& file_;
  std::string name_;
};

}  // namespace

class TestGeometry : public QObject {
  Q_OBJECT

 private slots:
  void equalsTheDefinitions_data() {
    QTest::addColumn<bool>("shows_rotation");
    for (const char* name : {"r1", "r2", "r3_reflection", "r8", "r16", "r33"}) QTest::newRow(name) << true;
    QTest::newRow("ill_conditioned") << false;  // σ_min(K)/σ_max(K) = 1e-12
  }

  void equalsTheDefinitions() {
    QFETCH(bool, shows_rotation);
    const SafetensorsFile file(Path(MTLORA_TEST_DATA) / "geometry" / "cases.safetensors");
    const Golden golden(file, QTest::currentDataTag());
    const ModuleSnapshot snapshot = golden.adapter().snapshot();
    const ModuleGeometry geometry = derive_geometry(snapshot);
    const double size = golden.matrix("k").norm();

    VERIFY_NEAR(snapshot.sigma_ba, golden.vector("sigma_ba"), 1e-13 * snapshot.sigma_ba[0]);
    VERIFY_NEAR(snapshot.sigma_bta, golden.vector("sigma_bta"), 1e-13 * snapshot.sigma_bta[0]);
    VERIFY_NEAR(view(snapshot.k), golden.matrix("k"), 1e-10 * size);
    VERIFY_NEAR(view(geometry.s), golden.matrix("s"), 1e-10 * size);
    VERIFY_NEAR(geometry.stretches, golden.vector("stretches"), 1e-10 * size);
    const std::vector<double> measures = golden.vector("measures");
    QVERIFY(std::abs(geometry.effective_rank - measures[4]) < 1e-10);
    QVERIFY(std::abs(geometry.delta_fro - measures[5]) < 1e-12 * measures[5]);
    QVERIFY(std::abs(geometry.delta_relative - measures[5] / 10) < 1e-12 * measures[5]);
    QCOMPARE(geometry.delta_spectral, geometry.sigma_bta[0]);
    QCOMPARE(geometry.r.empty(), !shows_rotation);
    QCOMPARE(std::isnan(geometry.mean_rotation_degrees), !shows_rotation);
    if (!shows_rotation) return;

    VERIFY_NEAR(view(geometry.r), golden.matrix("r"), 1e-9);
    VERIFY_NEAR(geometry.rotation_degrees, golden.vector("rotation_degrees"), 1e-8);
    MatrixXd eigenvalues(geometry.eigenvalues.size(), 2);
    for (size_t i = 0; i < geometry.eigenvalues.size(); ++i) {
      eigenvalues(index_of(i), 0) = geometry.eigenvalues[i].real();
      eigenvalues(index_of(i), 1) = geometry.eigenvalues[i].imag();
    }
    VERIFY_NEAR(eigenvalues, golden.matrix("eigenvalues"), 1e-9 * size);
    VERIFY_NEAR(view(geometry.map_u), golden.matrix("map_u"), 1e-9);
    VERIFY_NEAR(view(geometry.map_v), golden.matrix("map_v"), 1e-9);
    VERIFY_NEAR(geometry.matched_angle_u, golden.vector("matched_angle_u"), 1e-7);
    VERIFY_NEAR(geometry.matched_angle_v, golden.vector("matched_angle_v"), 1e-7);
    QCOMPARE(geometry.reflection, static_cast<int>(measures[0]));
    QVERIFY(std::abs(geometry.condition / measures[1] - 1) < 1e-9);
    QVERIFY(std::abs(geometry.log_abs_det - measures[2]) < 1e-9);
    QVERIFY(std::abs(geometry.departure_from_normality - measures[3]) < 1e-9 * size * size);
  }

  // U K Σ Vᵀ = B T A and U Σ Vᵀ = B A, with orthonormal U and V.
  void theFactorsGiveTheProduct() {
    for (const auto& [out, in, r] : {std::tuple{40, 30, 8}, {64, 9, 1}, {20, 50, 20}, {70, 60, 40}}) {
      const Adapter adapter = coarse_adapter(out, in, r, 3);
      Frame frame;
      const ModuleSnapshot snapshot = adapter.snapshot(nullptr, &frame);
      const MatrixXd u = view(frame.u), v = view(frame.v), k = view(snapshot.k);
      const VectorXd sigma = Eigen::Map<const VectorXd>(snapshot.sigma_ba.data(), r);
      const MatrixXd delta = adapter.delta(), product = kScaling * (adapter.b * adapter.a);
      VERIFY_NEAR(u * k * sigma.asDiagonal() * v.transpose(), delta, 1e-10 * delta.norm());
      VERIFY_NEAR(u * sigma.asDiagonal() * v.transpose(), product, 1e-12 * product.norm());
      VERIFY_NEAR(u.transpose() * u, MatrixXd::Identity(r, r), 1e-13);
      VERIFY_NEAR(v.transpose() * v, MatrixXd::Identity(r, r), 1e-13);
    }
  }

  // B → B·G⁻¹, T → G·T·G⁻¹, A → G·A leaves K as it is; T itself changes. All entries stay exact in float32.
  void kDoesNotDependOnTheBasis() {
    const Eigen::Index r = 6;
    const Adapter adapter = coarse_adapter(30, 25, r, 5);
    MatrixXd lower = MatrixXd::Identity(r, r), upper = lower;
    for (Eigen::Index i = 1; i < r; ++i) lower(i, i - 1) = 1, upper(i - 1, i) = -1;
    const MatrixXd g = lower * upper;
    const MatrixXd inverse = g.inverse().array().round();
    QCOMPARE(difference(g * inverse, MatrixXd::Identity(r, r)), 0.0);
    const Adapter other{adapter.b * inverse, g * adapter.t * inverse, g * adapter.a};
    QVERIFY(difference(other.t, adapter.t) > 1);
    const ModuleSnapshot one = adapter.snapshot(), two = other.snapshot();
    VERIFY_NEAR(one.sigma_ba, two.sigma_ba, 1e-11);
    VERIFY_NEAR(view(one.k), view(two.k), 1e-10 * view(one.k).norm());
    // It is not a property of delta W: B, I, T·A is the same delta W with K = I.
    const Adapter folded{adapter.b, MatrixXd::Identity(r, r), adapter.t * adapter.a};
    VERIFY_NEAR(folded.delta(), adapter.delta(), 1e-12);
    VERIFY_NEAR(view(folded.snapshot().k), MatrixXd::Identity(r, r), 1e-12);
    VERIFY_NEAR(folded.snapshot().sigma_bta, one.sigma_bta, 1e-10);
  }

  void loraHasTheIdentity() {
    Adapter adapter = coarse_adapter(40, 30, 8, 7);
    adapter.t = MatrixXd::Identity(8, 8);
    const ModuleGeometry geometry = derive_geometry(adapter.snapshot());
    VERIFY_NEAR(view(geometry.k), MatrixXd::Identity(8, 8), 1e-13);
    VERIFY_NEAR(view(geometry.r), MatrixXd::Identity(8, 8), 1e-13);
    VERIFY_NEAR(geometry.rotation_degrees, std::vector<double>(8, 0.0), 1e-10);
    VERIFY_NEAR(geometry.stretches, std::vector<double>(8, 1.0), 1e-13);
    VERIFY_NEAR(geometry.matched_angle_u, std::vector<double>(8, 0.0), 1e-10);
    VERIFY_NEAR(geometry.matched_angle_v, std::vector<double>(8, 0.0), 1e-10);
    QVERIFY(std::abs(geometry.condition - 1) < 1e-12 && std::abs(geometry.log_abs_det) < 1e-12);
    QCOMPARE(geometry.reflection, 0);
    VERIFY_NEAR(geometry.sigma_ba, geometry.sigma_bta, 1e-12 * geometry.sigma_ba[0]);
  }

  void withoutFullRankThereIsNoK() {
    const Adapter whole = coarse_adapter(20, 16, 4, 9);
    Adapter zero = whole, twice = whole, narrow = whole;
    zero.b.setZero();                 // before the first step
    twice.a.row(3) = whole.a.row(1);  // A of rank 3
    narrow.b = whole.b.topRows(3);    // fewer outputs than r
    for (const Adapter& adapter : {zero, twice, narrow}) {
      Frame frame;
      const ModuleSnapshot snapshot = adapter.snapshot(nullptr, &frame);
      QVERIFY(snapshot.k.empty());
      const VectorXd sigma = singular_values(
          MatrixXd(kScaling * (adapter.a.transpose() * adapter.b.transpose() * adapter.b * adapter.a) * kScaling));
      for (size_t i = 0; i < 4; ++i) {  // σ² are the eigenvalues of (BA)ᵀ BA
        const double expected = sigma(index_of(i));
        QVERIFY(std::abs(snapshot.sigma_ba[i] * snapshot.sigma_ba[i] - expected) <= 1e-12 * (1 + sigma(0)));
      }
      QVERIFY(std::abs(snapshot.delta_fro - adapter.delta().norm()) <= 1e-12 * adapter.delta().norm());
      const ModuleGeometry geometry = derive_geometry(snapshot);
      QVERIFY(!geometry.has_k && geometry.k.empty() && geometry.r.empty() && geometry.map_u.empty());
      QVERIFY(std::isnan(geometry.mean_rotation_degrees) && std::isnan(geometry.condition));
      QVERIFY(principal_angles(snapshot, 2, false).empty());
      QVERIFY(whole.b.rows() != adapter.b.rows() || !whole.snapshot(&frame).k.empty());  // the frame still serves
    }
    QVERIFY(std::isinf(zero.snapshot().condition_b) && std::isfinite(zero.snapshot().condition_a));
    QVERIFY(std::isinf(twice.snapshot().condition_a) && std::isfinite(twice.snapshot().condition_b));
    QCOMPARE(derive_geometry(zero.snapshot()).effective_rank, 0.0);
    QCOMPARE(derive_geometry(zero.snapshot()).first_share, 0.0);
    QCOMPARE(zero.snapshot().delta_relative, 0.0);
  }

  // The known T of an aligned adapter is K itself.
  void knownTurnsHaveTheirAngles() {
    const ModuleSnapshot snapshot = aligned_adapter({5, 4, 3}, blocks({turn(90), 2 * kOne})).snapshot();
    VERIFY_NEAR(view(snapshot.k), blocks({turn(90), 2 * kOne}), 1e-7);  // cos 90° is not exactly 0 in float32
    const ModuleGeometry geometry = derive_geometry(snapshot);
    VERIFY_NEAR(geometry.rotation_degrees, (std::vector<double>{90, 90, 0}), 1e-5);
    QVERIFY(std::abs(geometry.mean_rotation_degrees - 60) < 1e-5);
    VERIFY_NEAR(geometry.stretches, (std::vector<double>{2, 1, 1}), 1e-7);
    QVERIFY(std::abs(geometry.log_abs_det - std::log(2)) < 1e-7);
  }

  void turnsAndReflections_data() {
    QTest::addColumn<QVector<double>>("turns");  // degrees of turned planes
    QTest::addColumn<QVector<double>>("lone");   // real eigenvalues
    QTest::addColumn<QVector<double>>("angles");
    QTest::addColumn<int>("reflection");
    QTest::newRow("30") << QVector<double>{30} << QVector<double>{} << QVector<double>{30, 30} << 0;
    QTest::newRow("-150 and 20") << QVector<double>{-150, 20} << QVector<double>{1}
                                 << QVector<double>{150, 150, 20, 20, 0} << 0;
    QTest::newRow("180") << QVector<double>{180} << QVector<double>{1, 1} << QVector<double>{180, 180, 0, 0} << 0;
    QTest::newRow("pair of -1") << QVector<double>{} << QVector<double>{-1, 1, -1} << QVector<double>{180, 180, 0} << 0;
    QTest::newRow("lone -1") << QVector<double>{45} << QVector<double>{-1, 1} << QVector<double>{45, 45, 0} << 1;
    QTest::newRow("three -1") << QVector<double>{} << QVector<double>{-1, -1, -1} << QVector<double>{180, 180} << 1;
    QTest::newRow("lone -1 beside 179.9")
        << QVector<double>{179.9} << QVector<double>{-1} << QVector<double>{179.9, 179.9} << 1;
    QTest::newRow("r 1, -1") << QVector<double>{} << QVector<double>{-1} << QVector<double>{} << 1;
  }

  void turnsAndReflections() {
    QFETCH(QVector<double>, turns);
    QFETCH(QVector<double>, lone);
    QFETCH(QVector<double>, angles);
    QFETCH(int, reflection);
    std::vector<MatrixXd> parts;
    for (const double degrees : turns) parts.push_back(turn(degrees));
    for (const double value : lone) parts.push_back(value * kOne);
    RandomStream random(1, 2);
    const MatrixXd plain = blocks(parts);
    const MatrixXd basis = random_orthogonal(plain.rows(), random);
    const MatrixXd r = basis * plain * basis.transpose();
    const VectorXd stretch = VectorXd::LinSpaced(r.rows(), 3, 0.5);
    const MatrixXd axes = random_orthogonal(r.rows(), random);
    const MatrixXd s = axes * stretch.asDiagonal() * axes.transpose();

    const ModuleGeometry geometry = derive_geometry(snapshot_of_k(r * s));
    const std::vector<double> expected(angles.begin(), angles.end());
    VERIFY_NEAR(geometry.rotation_degrees, expected, 1e-9);
    QCOMPARE(geometry.reflection, reflection);
    const double mean = expected.empty() ? 0
                                         : std::accumulate(expected.begin(), expected.end(), 0.0) /
                                               static_cast<double>(expected.size());
    QVERIFY(std::abs(geometry.mean_rotation_degrees - mean) < 1e-9);
    VERIFY_NEAR(view(geometry.r), r, 1e-12);
    VERIFY_NEAR(view(geometry.s), s, 1e-12);
    VERIFY_NEAR(geometry.stretches, to_vector(stretch), 1e-12);
  }

  void polarPartsAreWhatTheyAreCalled() {
    for (const uint64_t seed : {11u, 12u, 13u}) {
      const ModuleGeometry geometry = derive_geometry(coarse_adapter(30, 30, 7, seed).snapshot());
      const MatrixXd r = view(geometry.r), s = view(geometry.s), k = view(geometry.k),
                     axes = view(geometry.stretch_axes);
      VERIFY_NEAR(r * s, k, 1e-12 * k.norm());
      VERIFY_NEAR(r.transpose() * r, MatrixXd::Identity(7, 7), 1e-12);
      VERIFY_NEAR(s, MatrixXd(s.transpose()), 1e-12 * k.norm());
      const VectorXd stretches = Eigen::Map<const VectorXd>(geometry.stretches.data(), 7);
      QVERIFY(stretches.minCoeff() >= 0 && std::is_sorted(geometry.stretches.rbegin(), geometry.stretches.rend()));
      VERIFY_NEAR(s * axes, axes * stretches.asDiagonal(), 1e-12 * k.norm());
    }
  }

  // dtsm keeps C − D, icfm gives T = C·Cᵀ: similar to a positive matrix, so its eigenvalues are real and not negative.
  void positiveTHasRealEigenvalues() {
    Adapter adapter = coarse_adapter(30, 20, 6, 15);
    adapter.t = (adapter.t * adapter.t.transpose()).eval();
    const ModuleGeometry geometry = derive_geometry(adapter.snapshot());
    const VectorXd expected = Eigen::SelfAdjointEigenSolver<MatrixXd>(adapter.t).eigenvalues();  // rising
    for (size_t i = 0; i < 6; ++i) {
      QVERIFY(std::abs(geometry.eigenvalues[i] - expected(index_of(5 - i))) < 1e-10 * expected(5));
    }
  }

  void groupsAreNeighboursWithinOnePerCent() {
    ModuleSnapshot snapshot = snapshot_of_k(MatrixXd::Identity(6, 6));
    snapshot.sigma_ba = {10, 9.95, 9.9, 5, 3, 2.98};
    const std::vector<std::pair<size_t, size_t>> expected{{0, 2}, {4, 5}};
    QVERIFY(derive_geometry(snapshot).groups == expected);
    snapshot.sigma_ba = {10, 9.8, 9, 0, 0, 0};
    QVERIFY(derive_geometry(snapshot).groups.empty());
  }

  void effectiveRankCountsEqualDirections() {
    ModuleSnapshot snapshot = snapshot_of_k(MatrixXd::Identity(4, 4));
    snapshot.sigma_bta = {2, 2, 2, 0};
    const ModuleGeometry geometry = derive_geometry(snapshot);
    QVERIFY(std::abs(geometry.effective_rank - 3) < 1e-12);
    QVERIFY(std::abs(geometry.first_share - 1.0 / 3) < 1e-15);
  }

  void rotationIsHiddenWhereKIsNearlySingular() {
    const ModuleGeometry shown = derive_geometry(snapshot_of_k(blocks({kOne, 2e-6 * kOne})));
    const ModuleGeometry hidden = derive_geometry(snapshot_of_k(blocks({kOne, 0.5e-6 * kOne})));
    const ModuleGeometry singular = derive_geometry(snapshot_of_k(MatrixXd::Zero(2, 2)));
    QVERIFY(!shown.r.empty() && hidden.r.empty() && singular.r.empty());
    QVERIFY(hidden.rotation_degrees.empty() && std::isnan(hidden.mean_rotation_degrees));
    QCOMPARE(hidden.stretches.size(), size_t{2});
    QVERIFY(std::isinf(singular.condition) && std::isinf(singular.log_abs_det));
  }

  // As a vector moves on, its sign and its label go with it, also through a change of order.
  void directionsAreFollowed() {
    Adapter adapter = coarse_adapter(40, 30, 6, 17);
    RandomStream random(4, 4);
    Frame frame;
    MatrixXd k = view(adapter.snapshot(nullptr, &frame).k);
    const MatrixXd step_b = coarse(40, 6, random), step_t = coarse(6, 6, random);
    for (int step = 0; step < 20; ++step) {
      adapter.b += step_b / 2048;
      adapter.t += step_t / 2048;
      const Frame before = frame;
      const ModuleSnapshot next = adapter.snapshot(&frame, &frame);
      QVERIFY((view(before.u).transpose() * view(frame.u)).diagonal().minCoeff() > 0.9);
      QVERIFY((view(before.v).transpose() * view(frame.v)).diagonal().minCoeff() > 0.9);
      VERIFY_NEAR(view(next.k), k, 0.2 * k.norm());
      k = view(next.k);
    }
    const MatrixXd t = turn(10);
    Frame crossing;
    const ModuleSnapshot one = aligned_adapter({5, 4}, t).snapshot(nullptr, &crossing);
    Adapter swapped = aligned_adapter({4, 5}, t);
    swapped.b *= -1;
    const ModuleSnapshot two = swapped.snapshot(&crossing, &crossing);
    QVERIFY((one.track == std::vector<size_t>{0, 1}));
    QVERIFY((two.track == std::vector<size_t>{1, 0}));
    QVERIFY(two.sigma_ba[0] > two.sigma_ba[1]);
    VERIFY_NEAR(two.sigma_ba, one.sigma_ba, 1e-12);
    for (size_t i = 0; i < 2; ++i) {
      for (size_t j = 0; j < 2; ++j) {
        QVERIFY(std::abs(two.k(i, j) - one.k(two.track[i], two.track[j])) < 1e-12);
      }
    }
    QVERIFY((aligned_adapter({5, 4}, t).snapshot(&crossing).track == std::vector<size_t>{0, 1}));
  }

  void anglesBetweenSpaces() {
    // K Σ = diag(3, 2, 1) with directions 2 and 3 turned by 40° in the plane of u_2, u_3.
    ModuleSnapshot snapshot = snapshot_of_k(blocks({kOne, turn(40)}));
    const std::vector<double> left = principal_angles(snapshot, 2, false), all = principal_angles(snapshot, 3, false);
    VERIFY_NEAR(left, (std::vector<double>{0, 40}), 1e-10);  // R (K Σ) R' keeps its singular vectors R e_i
    VERIFY_NEAR(principal_angles(snapshot, 2, true), (std::vector<double>{0, 0}), 1e-10);
    VERIFY_NEAR(all, (std::vector<double>{0, 0, 0}), 1e-10);
    VERIFY_NEAR(derive_geometry(snapshot).matched_angle_u, (std::vector<double>{0, 40, 40}), 1e-10);
    QVERIFY_EXCEPTION_THROWN(principal_angles(snapshot, 4, false), Error);
    QVERIFY_EXCEPTION_THROWN(principal_angles(snapshot, 0, false), Error);
  }

  void planeOfATurn() {
    const Matrix k = to_matrix(blocks({kOne, turn(30)}));
    const PlaneView inside = plane_view(k, 1, 2), across = plane_view(k, 0, 1);
    QVERIFY(std::abs(inside.semi_major - 1) < 1e-14 && std::abs(inside.semi_minor - 1) < 1e-14);
    QCOMPARE(inside.angle_degrees, 0.0);
    QVERIFY(std::abs(inside.image_i[0] - std::cos(std::numbers::pi / 6)) < 1e-14);
    QVERIFY(std::abs(inside.image_i[1] - 0.5) < 1e-14 && std::abs(inside.image_j[0] + 0.5) < 1e-14);
    QVERIFY(inside.leaves_i == 0 && inside.leaves_j == 0);
    QVERIFY(across.leaves_i == 0 && std::abs(across.leaves_j - 0.25) < 1e-14);  // sin² 30°
    QVERIFY_EXCEPTION_THROWN(plane_view(k, 1, 1), Error);
    QVERIFY_EXCEPTION_THROWN(plane_view(k, 0, 3), Error);
  }

  void planeOfAScaling() {
    const MatrixXd axes = turn(25);
    const MatrixXd s = axes * Eigen::Vector2d(4, 0.5).asDiagonal() * axes.transpose();
    const PlaneView plane = plane_view(to_matrix(s), 0, 1), turned = plane_view(to_matrix(s), 1, 0);
    QVERIFY(std::abs(plane.semi_major - 4) < 1e-13 && std::abs(plane.semi_minor - 0.5) < 1e-13);
    QVERIFY(std::abs(plane.angle_degrees - 25) < 1e-11);
    QVERIFY(std::abs(turned.angle_degrees - 65) < 1e-11);
    QVERIFY(std::abs(plane_view(to_matrix(blocks({kOne, 2 * kOne})), 0, 1).angle_degrees - 90) < 1e-12);
    VERIFY_NEAR(view(plane.k2), s, 0.0);
    const PlaneView nothing = plane_view(to_matrix(MatrixXd::Zero(2, 2)), 0, 1);
    QVERIFY(nothing.semi_major == 0 && nothing.leaves_i == 0 && nothing.angle_degrees == 0);
  }

  void refusesWhatIsNotFinite() {
    Adapter adapter = coarse_adapter(8, 8, 2, 19);
    adapter.a(1, 3) = NAN;
    try {
      adapter.snapshot();
      QFAIL("a NaN was measured");
    } catch (const Error& error) {
      QVERIFY(error.code() == ErrorCode::Diverged);
      QVERIFY2(QString(error.what()).contains("'layer'"), error.what());
    }
  }

  void assignmentIsTheBest() {
    RandomStream random(5, 5);
    for (int trial = 0; trial < 200; ++trial) {
      Matrix gain(1 + trial % 6, 1 + trial % 6);
      for (double& value : gain.values) value = trial % 3 ? random.uniform() : static_cast<double>(random.below(4)) - 2;
      std::vector<size_t> order(gain.rows);
      std::iota(order.begin(), order.end(), size_t{0});
      const auto total = [&gain](const std::vector<size_t>& columns) {
        double sum = 0;
        for (size_t i = 0; i < columns.size(); ++i) sum += gain(i, columns[i]);
        return sum;
      };
      const std::vector<size_t> found = best_assignment(gain);
      QVERIFY(std::is_permutation(found.begin(), found.end(), order.begin()));
      double best = total(order);
      while (std::next_permutation(order.begin(), order.end())) best = std::max(best, total(order));
      QVERIFY(std::abs(total(found) - best) < 1e-12);
    }
  }

  void costOfASnapshot_data() {
    QTest::addColumn<int>("out");
    QTest::addColumn<int>("in");
    QTest::newRow("384 x 384") << 384 << 384;
    QTest::newRow("1536 x 384") << 1536 << 384;
  }

  // Not a check but a figure: milliseconds of one module, r 8 (run with -median 5).
  void costOfASnapshot() {
    QFETCH(int, out);
    QFETCH(int, in);
    const Adapter adapter = coarse_adapter(out, in, 8, 21);
    std::vector<float> b, t, a;
    for (const auto& [from, to] : {std::pair{&adapter.b, &b}, {&adapter.t, &t}, {&adapter.a, &a}}) {
      const Matrix values = to_matrix(*from);
      to->assign(values.values.begin(), values.values.end());
    }
    Frame frame;
    const auto take = [&](const Frame* previous) {
      return snapshot_module("layer", b, t, a, static_cast<size_t>(out), static_cast<size_t>(in), 8, 2, 1, previous,
                             &frame);
    };
    take(nullptr);
    QBENCHMARK { QVERIFY(derive_geometry(take(&frame)).has_k); }
  }
};

QTEST_APPLESS_MAIN(TestGeometry)
#include "test_geometry.moc"
