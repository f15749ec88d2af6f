// Geometry snapshots as files: what was written is read, and nothing else is.
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <functional>
#include <limits>

#include "base/error.h"
#include "geometry/geometry.h"
#include "io/safetensors.h"

using namespace mtlora;

namespace {

ModuleSnapshot example(const std::string& name, size_t r, bool with_k) {
  ModuleSnapshot snapshot;
  snapshot.module = name;
  for (size_t i = 0; i < r; ++i) {
    snapshot.sigma_ba.push_back(1.0 / static_cast<double>(3 * i + 1));
    snapshot.sigma_bta.push_back(2.0 / static_cast<double>(7 * i + 1));
    snapshot.track.push_back((i + 1) % r);
  }
  if (with_k) {
    snapshot.k = Matrix(r, r);
    for (size_t i = 0; i < r * r; ++i) snapshot.k.values[i] = std::sin(static_cast<double>(i));
  }
  snapshot.condition_b = with_k ? 12.5 : std::numeric_limits<double>::infinity();
  snapshot.condition_a = 3.25;
  snapshot.delta_fro = 0.1;
  snapshot.delta_spectral = 0.09;
  snapshot.delta_relative = 0.001;
  return snapshot;
}

// Not in the order of their names: the order of the model is kept.
std::vector<ModuleSnapshot> examples() {
  return {example("layer.2.query", 4, true), example("layer.10.query", 1, true), example("layer.1.value", 3, false)};
}

// The tensors of a snapshot file with room to spoil them.
struct Parts {
  std::map<std::string, TensorToWrite> tensors;
  std::map<std::string, std::string> metadata;
};

}  // namespace

class TestSnapshotFile : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  Path path(const char* name) const { return Path(folder_.path().toStdString()) / name; }

 private slots:
  void readsWhatItWrote() {
    const std::vector<ModuleSnapshot> written = examples();
    write_snapshot(path("120.safetensors"), 120, written);
    const std::vector<ModuleSnapshot> read = read_snapshot(path("120.safetensors"));
    QCOMPARE(read.size(), written.size());
    for (size_t i = 0; i < read.size(); ++i) {
      QCOMPARE(read[i].module, written[i].module);
      QVERIFY(read[i].sigma_ba == written[i].sigma_ba && read[i].sigma_bta == written[i].sigma_bta);
      QVERIFY(read[i].track == written[i].track);
      QVERIFY(read[i].k.values == written[i].k.values && read[i].k.rows == written[i].k.rows);
      QCOMPARE(read[i].condition_b, written[i].condition_b);
      QCOMPARE(read[i].condition_a, written[i].condition_a);
      QCOMPARE(read[i].delta_fro, written[i].delta_fro);
      QCOMPARE(read[i].delta_spectral, written[i].delta_spectral);
      QCOMPARE(read[i].delta_relative, written[i].delta_relative);
    }
    const SafetensorsFile file(path("120.safetensors"));
    QCOMPARE(file.metadata().at("mtlora_geometry"), std::string("1"));
    QCOMPARE(file.metadata().at("step"), std::string("120"));
    QCOMPARE(file.at("layer.2.query.k").dtype, std::string("F64"));
  }

  void readsASnapshotOfNoModules() {
    write_snapshot(path("0.safetensors"), 0, {});
    QVERIFY(read_snapshot(path("0.safetensors")).empty());
  }

  void refusesSpoiledFiles() {
    const double nan[1] = {std::nan("")}, negative[1] = {-1}, rising[4] = {1, 2, 3, 4};
    const int64_t twice[4] = {0, 1, 1, 2}, beyond[4] = {0, 1, 2, 4};
    const double measures[5] = {1, 1, std::nan(""), 1, 1};
    const float narrow[1] = {1};
    struct Case {
      const char* says;
      std::function<void(Parts&)> spoil;
    };
    const std::vector<Case> cases{
        {"no 'mtlora_geometry'", [](Parts& p) { p.metadata.erase("mtlora_geometry"); }},
        {"format version 17", [](Parts& p) { p.metadata.insert_or_assign("mtlora_geometry", "17"); }},
        {"broken format version", [](Parts& p) { p.metadata.insert_or_assign("mtlora_geometry", "one"); }},
        {"no list of modules", [](Parts& p) { p.metadata.erase("modules"); }},
        {"no list of modules", [](Parts& p) { p.metadata.insert_or_assign("modules", "[1]"); }},
        {"no list of modules", [](Parts& p) { p.metadata.insert_or_assign("modules", "[\"a\""); }},
        {"'layer.2.query' twice",
         [](Parts& p) { p.metadata.insert_or_assign("modules", R"(["layer.2.query","layer.2.query"])"); }},
        {"does not name", [](Parts& p) { p.metadata.insert_or_assign("modules", R"(["layer.2.query"])"); }},
        {"no tensor 'layer.2.query.k'", [](Parts& p) { p.tensors.erase("layer.2.query.k"); }},
        {"'layer.2.query.sigma_bta'",
         [&](Parts& p) {
           p.tensors["layer.2.query.sigma_bta"] = {"F64", {1}, negative};
         }},
        {"'layer.10.query.sigma_ba'",
         [&](Parts& p) {
           p.tensors["layer.10.query.sigma_ba"] = {"F64", {1}, nan};
         }},
        {"'layer.10.query.sigma_ba'",
         [&](Parts& p) {
           p.tensors["layer.10.query.sigma_ba"] = {"F64", {1}, negative};
         }},
        {"'layer.10.query.sigma_ba'",
         [&](Parts& p) {
           p.tensors["layer.10.query.sigma_ba"] = {"F32", {1}, narrow};
         }},
        {"'layer.10.query.sigma_ba'",
         [&](Parts& p) {
           p.tensors["layer.10.query.sigma_ba"] = {"F64", {0}, nullptr};
         }},
        {"'layer.2.query.sigma_ba'",
         [&](Parts& p) {
           p.tensors["layer.2.query.sigma_ba"] = {"F64", {4}, rising};
         }},
        {"'layer.10.query.k'",
         [&](Parts& p) {
           p.tensors["layer.10.query.k"] = {"F64", {1, 1}, nan};
         }},
        {"'layer.2.query.k'",
         [&](Parts& p) {
           p.tensors["layer.2.query.k"] = {"F64", {2, 2}, rising};
         }},
        {"'layer.2.query.track'",
         [&](Parts& p) {
           p.tensors["layer.2.query.track"] = {"I64", {4}, twice};
         }},
        {"'layer.2.query.track'",
         [&](Parts& p) {
           p.tensors["layer.2.query.track"] = {"I64", {4}, beyond};
         }},
        {"'layer.2.query.measures'", [&](Parts& p) {
           p.tensors["layer.2.query.measures"] = {"F64", {5}, measures};
         }}};
    write_snapshot(path("good.safetensors"), 7, examples());
    const SafetensorsFile good(path("good.safetensors"));
    for (const Case& c : cases) {
      Parts parts;
      parts.metadata = good.metadata();
      for (const auto& [name, entry] : good.tensors()) parts.tensors[name] = {entry.dtype, entry.shape, entry.data};
      c.spoil(parts);
      write_safetensors(path("bad.safetensors"), parts.tensors, parts.metadata);
      try {
        read_snapshot(path("bad.safetensors"));
        QFAIL(qPrintable(QString("read, though it should say: ") + c.says));
      } catch (const Error& error) {
        QVERIFY(error.code() == ErrorCode::BadInput);
        QVERIFY2(QString(error.what()).contains(c.says), error.what());
        QVERIFY2(QString(error.what()).contains("bad.safetensors"), error.what());
      }
    }
  }

  void listsTheSteps() {
    const Path run = path("run");
    QVERIFY(snapshot_steps(run).empty());
    make_folder(run / "geometry");
    QVERIFY(snapshot_steps(run).empty());
    for (const int64_t step : {100, 0, 20})
      write_snapshot(run / "geometry" / (std::to_string(step) + ".safetensors"), step, {});
    for (const char* other : {"notes.txt", "x.safetensors", "007.safetensors", "-5.safetensors", "30.safetensors.tmp",
                              "40", "99999999999999999999.safetensors", ".safetensors"}) {
      write_file(run / "geometry" / other, "");
    }
    QVERIFY((snapshot_steps(run) == std::vector<int64_t>{0, 20, 100}));
  }
};

QTEST_APPLESS_MAIN(TestSnapshotFile)
#include "test_snapshot_file.moc"
