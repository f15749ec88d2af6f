// Leading directions of a frozen weight and how an adapter lies to them: against full SVDs
// (tests/golden/make_alignment.py).
#include "geometry/alignment.h"

#include <QTest>
#include <cmath>

#include "base/error.h"
#include "base/paths.h"
#include "base/random.h"
#include "geometry/linear_algebra.h"
#include "io/safetensors.h"

using namespace mtlora;
using Eigen::MatrixXd;

namespace {

std::span<const float> floats(const TensorEntry& entry) {
  return {static_cast<const float*>(entry.data), entry.bytes / sizeof(float)};
}

MatrixXd doubles(const TensorEntry& entry) {
  const Eigen::Index cols = entry.shape.size() > 1 ? entry.shape[1] : 1;
  return Eigen::Map<const RowMajor>(static_cast<const double*>(entry.data), entry.shape[0], cols);
}

MatrixXd column(const std::vector<double>& values) {
  return Eigen::Map<const MatrixXd>(values.data(), index_of(values.size()), 1);
}

double largest(const MatrixXd& m) { return m.cwiseAbs().maxCoeff(); }

}  // namespace

class TestAlignment : public QObject {
  Q_OBJECT

 private slots:
  void equalsFullSingularValueDecompositions() {
    const SafetensorsFile file(Path(MTLORA_TEST_DATA) / "geometry" / "alignment.safetensors");
    const LeadingDirections w0 = leading_directions(floats(file.at("w0")), 90, 70, 6);
    const double size = file.at("sigma_w0").bytes ? doubles(file.at("sigma_w0"))(0) : 0;
    QVERIFY(largest(column(w0.sigma) - doubles(file.at("sigma_w0"))) < 1e-5 * size);
    const WeightAlignment alignment =
        align_with_weight(w0, floats(file.at("b")), floats(file.at("t")), floats(file.at("a")), 3);
    QVERIFY(largest(column(alignment.sigma) - doubles(file.at("sigma"))) < 1e-12);
    const MatrixXd u = doubles(file.at("overlap_u")), v = doubles(file.at("overlap_v"));
    QVERIFY(largest(view(alignment.overlap_u) - u) < 1e-5);
    QVERIFY(largest(view(alignment.overlap_v) - v) < 1e-5);
    QVERIFY(largest(column(alignment.share_u) - u.rowwise().squaredNorm()) < 1e-5);
    QVERIFY(largest(column(alignment.share_v) - v.rowwise().squaredNorm()) < 1e-5);
    QCOMPARE(alignment.chance_u, 6.0 / 90);
    QCOMPARE(alignment.chance_v, 6.0 / 70);
  }

  void isTheSameForTheSameSeed() {
    RandomStream random(1, 1);
    std::vector<float> w(60 * 50);
    for (float& value : w) value = static_cast<float>(random.normal());
    const LeadingDirections one = leading_directions(w, 60, 50, 4, 3), two = leading_directions(w, 60, 50, 4, 3);
    QVERIFY(one.sigma == two.sigma && one.u.values == two.u.values && one.v.values == two.v.values);
  }

  void aSmallWeightIsTakenWhole() {
    RandomStream random(2, 2);
    std::vector<float> w(5 * 7);
    for (float& value : w) value = static_cast<float>(random.normal());
    const LeadingDirections directions = leading_directions(w, 5, 7);
    const MatrixXd u = view(directions.u), v = view(directions.v);
    QCOMPARE(directions.sigma.size(), size_t{5});
    QVERIFY(largest(u * column(directions.sigma).asDiagonal() * v.transpose() - view(w, 5, 7).cast<double>()) < 1e-5);
    QVERIFY(largest(v.transpose() * v - MatrixXd::Identity(5, 5)) < 1e-12);
    // Every output direction lies within the whole output space.
    std::vector<float> b(5 * 2), t{1, 0, 0, 1}, a(2 * 7);
    for (float& value : b) value = static_cast<float>(random.normal());
    for (float& value : a) value = static_cast<float>(random.normal());
    const WeightAlignment alignment = align_with_weight(directions, b, t, a, 2);
    for (const double share : alignment.share_u) QVERIFY(std::abs(share - 1) < 1e-5);
    QVERIFY(alignment.share_v[0] < 1);
  }

  void anAdapterOfZerosLiesNowhere() {
    const std::vector<float> w{3, 0, 0, 2}, b{0, 0}, t{1}, a{1, 2};
    const WeightAlignment alignment = align_with_weight(leading_directions(w, 2, 2), b, t, a, 1);
    QCOMPARE(alignment.share_u, std::vector<double>{0});
    QCOMPARE(alignment.share_v, std::vector<double>{0});
  }

  void refusesWhatIsNotFinite() {
    const std::vector<float> w{3, NAN, 0, 2};
    QVERIFY_EXCEPTION_THROWN(leading_directions(w, 2, 2), Error);
  }

  // A trained weight, whose spectrum falls slowly: the space found is the true one to what the header says.
  void findsTheSpaceOfATrainedWeight() {
    if (bundled_model_dir().empty()) QSKIP("the bundled model is not installed");
    const SafetensorsFile file(bundled_model_dir() / "model.safetensors");
    const TensorEntry& entry = file.at("encoder.layer.5.output.dense.weight");
    const auto out = static_cast<size_t>(entry.shape[0]), in = static_cast<size_t>(entry.shape[1]);
    LeadingDirections found;
    QBENCHMARK_ONCE { found = leading_directions(floats(entry), out, in); }
    // The true left singular vectors are the eigenvectors of W0 W0ᵀ (384 × 384), rising.
    const MatrixXd w = view(floats(entry), out, in).cast<double>();
    const Eigen::SelfAdjointEigenSolver<MatrixXd> full(w * w.transpose());
    const MatrixXd u = full.eigenvectors().rightCols(32);
    const Eigen::VectorXd shares = (u.transpose() * view(found.u)).colwise().squaredNorm();
    qInfo("share of the 32: mean %.5f, worst %.5f", shares.mean(), shares.minCoeff());
    QVERIFY2(shares.mean() > 0.998, qPrintable(QString::number(shares.mean())));
    QVERIFY2(shares.minCoeff() > 0.98, qPrintable(QString::number(shares.minCoeff())));
    for (Eigen::Index i = 0; i < 32; ++i) {
      const double sigma = std::sqrt(full.eigenvalues()(full.eigenvalues().size() - 1 - i));
      QVERIFY(std::abs(found.sigma[static_cast<size_t>(i)] / sigma - 1) < 2e-3);
    }
  }
};

QTEST_APPLESS_MAIN(TestAlignment)
#include "test_alignment.moc"
