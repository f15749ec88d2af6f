// Export: what the page says that it wrote is on disk, in the form that was asked for.
#include <QClipboard>
#include <QPushButton>
#include <QRadioButton>
#include <QTableWidget>
#include <QTemporaryDir>

#include "pages/export/export_page.h"
#include "pages/export/form_card.h"
#include "pages/export/written_panel.h"
#include "style/theme.h"
#include "tiny_run.h"
#include "widgets/pieces.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

constexpr int patience = 30'000;  // ms

struct Shown {
  Studio studio;
  ExportPage page{studio};

  Shown() {
    page.resize(1200, 760);
    page.show();
  }
  bool ready() const {
    return QTest::qWaitFor([this] { return page.reason().isEmpty(); }, patience);
  }
  QPushButton* button(const QString& text) const {
    for (QPushButton* one : page.findChildren<QPushButton*>())
      if (one->text() == text) return one;
    return nullptr;
  }
  bool pressExport() const {
    QPushButton* press = nullptr;
    for (QPushButton* one : page.findChildren<QPushButton*>())
      if (one->text().startsWith(QStringLiteral("Export"))) press = one;
    if (!press || !press->isEnabled()) return false;
    QTest::mouseClick(press, Qt::LeftButton);
    return QTest::qWaitFor([this] { return !page.busy(); }, patience);
  }
};

nlohmann::json configIn(const Path& folder) { return nlohmann::json::parse(read_file(folder / "adapter_config.json")); }

}  // namespace

class TestExportPage : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  Path run_;

  Path inFolder(const char* name) const { return folder_.filePath(QString::fromLatin1(name)).toStdString(); }

 private Q_SLOTS:
  void initTestCase() { run_ = setUpWithRun(folder_.filePath(QStringLiteral("home")), inFolder("run")); }

  void withoutARunThereIsAReason() {
    Shown shown;
    QVERIFY(!shown.page.reason().isEmpty());
    QVERIFY(!shown.button(QStringLiteral("Export"))->isEnabled());
    QVERIFY(!shown.page.missingContent().isEmpty());
  }

  void peftBesideTheRun() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    QCOMPARE(Path(shown.page.target().toStdString()), run_ / "exports" / "peft");
    QVERIFY(shown.pressExport());
    QCOMPARE(shown.page.problem(), QString());
    QCOMPARE(shown.page.missingContent(), QString());
    QCOMPARE(configIn(run_ / "exports" / "peft").at("peft_type").get<std::string>(), std::string("LORA"));

    auto* files = shown.page.findChild<QTableWidget*>();
    QSet<QString> listed;
    for (int row = 0; row < files->rowCount(); ++row) {
      const Path file = run_ / "exports" / "peft" / files->item(row, 0)->text().toStdString();
      QCOMPARE(files->item(row, 1)->text(), bytesText(static_cast<int64_t>(std::filesystem::file_size(file))));
      listed << files->item(row, 0)->text();
    }
    QVERIFY(listed.contains(QStringLiteral("adapter_config.json")));
    QVERIFY(listed.contains(QStringLiteral("adapter_model.safetensors")));

    QVERIFY(shown.page.written().python().contains(QString::fromStdString((run_ / "exports" / "peft").string())));
    QVERIFY(shown.page.written().python().contains(QStringLiteral("PeftModel")));
    QTest::mouseClick(shown.button(QStringLiteral("Copy")), Qt::LeftButton);
    QCOMPARE(QGuiApplication::clipboard()->text(), shown.page.written().python());
    QVERIFY(!isFlat(shown.page.grab().toImage()));
  }

  void nativeFormKeepsTheMatricesApart() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    shown.page.setForm(QStringLiteral("mtlora"));
    QCOMPARE(Path(shown.page.target().toStdString()), run_ / "exports" / "mtlora");
    QVERIFY(shown.pressExport());
    QCOMPARE(configIn(run_ / "exports" / "mtlora").at("method").get<std::string>(), std::string("ctcm"));
  }

  void filesThatWouldBeReplacedAreNamedBefore() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    shown.page.setTarget(QString::fromStdString((run_ / "exports" / "peft").string()));
    QVERIFY(QTest::qWaitFor([&] { return shown.button(QStringLiteral("Export and replace")) != nullptr; }, patience));
    shown.page.setTarget(QString::fromStdString((run_ / "exports" / "another").string()));
    QVERIFY(QTest::qWaitFor([&] { return shown.button(QStringLiteral("Export")) != nullptr; }, patience));
  }

  void anotherFolderCanBeExported() {
    Shown shown;
    shown.page.setSourceFolder(QString::fromStdString((run_ / "adapter").string()));
    shown.page.setTarget(QString::fromStdString(inFolder("elsewhere").string()));
    QVERIFY(shown.ready());
    QVERIFY(shown.pressExport());
    QCOMPARE(shown.page.problem(), QString());
    QVERIFY(std::filesystem::exists(inFolder("elsewhere") / "adapter_model.safetensors"));
  }

  void aFolderWithoutAnAdapterIsAProblemBesideTheButton() {
    Shown shown;
    shown.page.setSourceFolder(folder_.path());
    shown.page.setTarget(QString::fromStdString(inFolder("nothing").string()));
    QVERIFY(shown.pressExport());
    QVERIFY(shown.page.problem().contains(folder_.path()));
    QVERIFY(!std::filesystem::exists(inFolder("nothing")));
    QVERIFY(shown.page.missingContent() == shown.page.problem());
  }

  void aClassificationHasNoGguf() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    const auto cards = shown.page.findChildren<FormCard*>();
    QCOMPARE(cards.size(), 4);
    QTRY_VERIFY(!cards[2]->button()->isEnabled());
    for (const int other : {0, 1, 3}) QVERIFY(cards[other]->button()->isEnabled());
  }

  // It has no adapter to fold: the whole model is what there is to give away.
  void aFullRunIsExportedMerged() {
    const Path full = train(tinyRun(inFolder("full"), "full", 4));
    Shown shown;
    QVERIFY(open(shown.studio, full));
    QVERIFY(shown.ready());
    const auto cards = shown.page.findChildren<FormCard*>();
    QTRY_VERIFY(!cards[0]->button()->isEnabled());
    QVERIFY(cards[1]->button()->isChecked());
    QVERIFY(shown.pressExport());
    QCOMPARE(shown.page.problem(), QString());
    const Path merged = full / "exports" / "merged";
    const auto config = nlohmann::json::parse(read_file(merged / "config.json"));
    QCOMPARE(config.at("architectures").at(0).get<std::string>(), std::string("BertForSequenceClassification"));
    QVERIFY(std::filesystem::exists(merged / "model.safetensors"));
    QVERIFY(std::filesystem::exists(merged / "tokenizer.json"));
    QVERIFY(shown.page.written().python().contains(QStringLiteral("AutoModelForSequenceClassification")));
  }
};

QTEST_MAIN(TestExportPage)
#include "test_export_page.moc"
