// Model folders: the Hugging Face cache by name, and what a folder's files say of its model.
#include "engine/new_folders.h"
#include "io/model_folder.h"

#include <QTemporaryDir>
#include <QTest>

#include "base/error.h"
#include "io/safetensors.h"

using namespace mtlora;

namespace fs = std::filesystem;

class TestModelFolder : public QObject {
  Q_OBJECT

  NewFolders folders_;
  Path new_folder() { return folders_.next(); }
  static void write_model(const Path& folder, const char* type = "llama", const char* more = "") {
    make_folder(folder);
    write_file(folder / "config.json", std::string("{\"model_type\": \"") + type + "\"" + more + "}");
    const std::vector<uint16_t> values(8);
    const float bias = 0;
    write_safetensors(folder / "model.safetensors",
                      {{"w.weight", {"BF16", {8}, values.data()}}, {"w.bias", {"F32", {1}, &bias}}});
  }
  static Path hub_with(const Path& home, const char* repository, const char* commit) {
    const Path snapshot = home / "hub" / repository / "snapshots" / commit;
    write_model(snapshot);
    return snapshot;
  }
  static std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const FoundModel& model : list_model_folders()) {
      if (!model.bundled) names.push_back(model.name);
    }
    return names;
  }

 private slots:
  void init() {
    for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"}) qunsetenv(name);
    set_models_dir(new_folder());
  }

  void theCacheIsFoundAsHuggingfaceHubFindsIt() {
    qputenv("XDG_CACHE_HOME", "/x");
    QCOMPARE(hub_cache_dir(), Path("/x/huggingface/hub"));
    qputenv("HF_HOME", "/home of hf");
    QCOMPARE(hub_cache_dir(), Path("/home of hf/hub"));
    qputenv("HUGGINGFACE_HUB_CACHE", "/older");
    QCOMPARE(hub_cache_dir(), Path("/older"));
    qputenv("HF_HUB_CACHE", "/newer");
    QCOMPARE(hub_cache_dir(), Path("/newer"));
  }

  void listsTheCacheByName() {
    const Path home = new_folder();
    qputenv("HF_HOME", home.c_str());
    const Path repository = home / "hub" / "models--org--name";
    hub_with(home, "models--org--name", "aaa");
    const Path main = hub_with(home, "models--org--name", "bbb");
    hub_with(home, "models--org--name", "ccc");
    make_folder(repository / "refs");
    write_file(repository / "refs" / "main", "bbb\n");
    const Path last = hub_with(home, "models--gpt2", "zzz");
    hub_with(home, "datasets--org--data", "aaa");
    make_folder(home / "hub" / "models--org--empty" / "snapshots" / "aaa");
    QVERIFY((names() == std::vector<std::string>{"gpt2", "org/name"}));
    QCOMPARE(find_model_folder("org/name"), main);
    QCOMPARE(find_model_folder("gpt2"), last);
    // A ref that points out of the snapshots is not followed.
    write_model(home / "hub" / "outside");
    write_file(repository / "refs" / "main", "../../outside");
    QCOMPARE(find_model_folder("org/name").filename(), Path("ccc"));
  }

  void factsOfAWholeModel() {
    const Path folder = new_folder();
    write_model(folder, "qwen2", ", \"torch_dtype\": \"float32\"");
    write_file(folder / "LICENSE.txt", "words");
    const ModelFacts facts = model_facts(folder);
    QCOMPARE(facts.problem, std::string());
    QCOMPARE(facts.model_type, std::string("qwen2"));
    QCOMPARE(facts.dtype, std::string("BF16"));  // of the weights, whatever config.json says
    QCOMPARE(facts.licence, folder / "LICENSE.txt");
    QCOMPARE(facts.weight_bytes, static_cast<int64_t>(fs::file_size(folder / "model.safetensors")));
  }

  void factsOfWhatIsMissing() {
    Path folder = new_folder();
    write_model(folder);
    fs::create_symlink("../blobs/absent", folder / "tokenizer.json");
    QVERIFY(QString::fromStdString(model_facts(folder).problem).contains("tokenizer.json points to a file"));

    folder = new_folder();
    write_file(folder / "config.json", R"({"model_type": "llama", "dtype": "bfloat16"})");
    write_file(folder / "model.safetensors.index.json", R"({"weight_map": {"w": "model-00001-of-00001.safetensors"}})");
    ModelFacts facts = model_facts(folder);
    QVERIFY(QString::fromStdString(facts.problem).contains("'model-00001-of-00001.safetensors'"));
    QCOMPARE(facts.dtype, std::string("BF16"));

    folder = new_folder();
    write_file(folder / "model.gguf", "GGUF");
    facts = model_facts(folder);
    QVERIFY(QString::fromStdString(facts.problem).contains("config.json"));
    QCOMPARE(facts.weight_bytes, int64_t{4});

    folder = new_folder();
    write_model(folder);
    fs::remove(folder / "model.safetensors");
    write_file(folder / "model.gguf", "GGUF");
    facts = model_facts(folder);
    QVERIFY(QString::fromStdString(facts.problem).contains("GGUF"));
    QVERIFY(QString::fromStdString(facts.hint).contains("model.safetensors"));
    QVERIFY(!model_facts(folder / "absent").problem.empty());
  }

  // Far deeper than any config: an error, and its text does not use up the stack.
  void aDeepConfigIsAnError() {
    const Path folder = new_folder();
    write_file(folder / "config.json", "{\"model_type\": \"bert\", \"vocab_size\": " + std::string(500'000, '[') +
                                           std::string(500'000, ']') + "}");
    QVERIFY_EXCEPTION_THROWN(ModelConfig{folder}, Error);
  }

  // A download that stopped early is listed, and says so.
  void listsWhatWasNotDownloadedWhole() {
    const Path home = new_folder();
    qputenv("HF_HOME", home.c_str());
    const Path snapshot = hub_with(home, "models--org--part", "aaa");
    fs::remove(snapshot / "config.json");
    fs::create_symlink("../../blobs/absent", snapshot / "config.json");
    QVERIFY((names() == std::vector<std::string>{"org/part"}));
    QVERIFY(!model_facts(snapshot).problem.empty());
  }
};

QTEST_APPLESS_MAIN(TestModelFolder)
#include "test_model_folder.moc"
