// Models written tensor by tensor: shards at a limit, their index, and no more than one tensor in memory.
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "engine/new_folders.h"
#include "io/safetensors.h"

using namespace mtlora;

class TestSafetensorsShards : public QObject {
  Q_OBJECT

  NewFolders folders_;
  Path new_folder() { return folders_.next(); }

  // `n` bytes of the tensor's number.
  static ProduceTensor bytes_of_number(const std::vector<TensorPlan>& plans, size_t step = 1000) {
    return [&plans, step](size_t i, const WriteBytes& write) {
      size_t left = size_of_dtype(plans[i].dtype);
      for (const int64_t n : plans[i].shape) left *= static_cast<size_t>(n);
      while (left > 0) {
        const std::string part(std::min(left, step), static_cast<char>(i + 1));
        write(part.data(), part.size());
        left -= part.size();
      }
    };
  }

 private slots:
  void oneFileWhereAllFits() {
    const Path folder = new_folder();
    const std::vector<TensorPlan> plans = {{"half", "F16", {3}}, {"whole", "F32", {2, 2}}, {"none", "F32", {0}}};
    const auto files = write_model_safetensors(folder, plans, bytes_of_number(plans, 5), {{"format", "pt"}});
    QVERIFY(files == std::vector<std::string>{"model.safetensors"});
    const SafetensorsFile file(folder / "model.safetensors");
    QCOMPARE(file.metadata().at("format"), std::string("pt"));
    QCOMPARE(file.tensors().size(), size_t{3});
    QVERIFY(std::string(static_cast<const char*>(file.at("whole").data), 16) == std::string(16, '\2'));
    QVERIFY(std::string(static_cast<const char*>(file.at("half").data), 6) == std::string(6, '\1'));
    QVERIFY(reinterpret_cast<uintptr_t>(file.at("whole").data) % 4 == 0);
  }

  void shardsAtTheLimit() {
    const Path folder = new_folder();
    // Of 100 bytes: [40, 60], [10], [200] over the limit alone, [99].
    const std::vector<TensorPlan> plans = {
        {"a", "U8", {40}}, {"b", "U8", {60}}, {"c", "U8", {10}}, {"d", "U8", {200}}, {"e", "U8", {99}}};
    const auto files = write_model_safetensors(folder, plans, bytes_of_number(plans), {}, 100);
    QVERIFY((files == std::vector<std::string>{"model-00001-of-00004.safetensors", "model-00002-of-00004.safetensors",
                                               "model-00003-of-00004.safetensors", "model-00004-of-00004.safetensors",
                                               "model.safetensors.index.json"}));
    const nlohmann::json index = read_json(folder / files.back());
    QCOMPARE(index.at("metadata").at("total_size").get<int>(), 409);
    const std::map<std::string, int> shard_of = {{"a", 0}, {"b", 0}, {"c", 1}, {"d", 2}, {"e", 3}};
    for (const auto& [name, shard] : shard_of) {
      const std::string& expected = files[static_cast<size_t>(shard)];
      QCOMPARE(index.at("weight_map").at(name).get<std::string>(), expected);
      QVERIFY(SafetensorsFile(folder / expected).contains(name));
    }
  }

  void refusesTheWrongNumberOfBytes() {
    const std::vector<TensorPlan> plans = {{"a", "U8", {4}}};
    for (const size_t bytes : {3, 5}) {
      const Path folder = new_folder();
      const std::string data(bytes, 'x');
      QVERIFY_EXCEPTION_THROWN(
          write_model_safetensors(folder, plans,
                                  [&](size_t, const WriteBytes& write) { write(data.data(), data.size()); }),
          Error);
      QVERIFY(std::filesystem::is_empty(folder));
    }
  }

  void refusesNonsenseBeforeItWrites() {
    const Path folder = new_folder();
    const auto write = [&](const std::vector<TensorPlan>& plans) {
      write_model_safetensors(folder, plans, [](size_t, const WriteBytes&) { QFAIL("a tensor was asked for"); });
    };
    QVERIFY_EXCEPTION_THROWN(write({{"a", "U8", {4}}, {"a", "U8", {4}}}), Error);
    QVERIFY_EXCEPTION_THROWN(write({{"a", "F33", {4}}}), Error);
    QVERIFY_EXCEPTION_THROWN(write({{"a", "U8", {-4}}}), Error);
    QVERIFY_EXCEPTION_THROWN(write({{"a", "U8", {INT64_MAX}}, {"b", "U8", {INT64_MAX}}, {"c", "U8", {2}}}), Error);
    QVERIFY(std::filesystem::is_empty(folder));
  }
};

QTEST_APPLESS_MAIN(TestSafetensorsShards)
#include "test_safetensors_shards.moc"
