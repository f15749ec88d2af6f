// What the fuzz targets (tests/fuzz) began with and what they found: each file is read without a crash and in time.
#include <QDir>
#include <QElapsedTimer>
#include <QTest>

#include "base/files.h"
#include "fuzz/read_config.h"
#include "fuzz/read_tensors.h"
#include "fuzz/read_tokenizer.h"

using namespace mtlora;

class TestFuzzFindings : public QObject {
  Q_OBJECT

 private slots:
  void readsEveryFile_data() {
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("file");
    for (const char* target : {"safetensors", "torch_file", "tokenizer", "config", "adapter_config"}) {
      for (const char* kind : {"seeds", "findings"}) {
        const QDir folder(QString(MTLORA_SOURCE_DIR "/tests/fuzz/%1/%2").arg(kind, target));
        const QStringList names = folder.entryList(QDir::Files, QDir::Name);
        if (qstrcmp(kind, "seeds") == 0) QVERIFY(!names.isEmpty());
        for (const QString& name : names) {
          QTest::addRow("%s/%s/%s", kind, target, qPrintable(name)) << target << folder.filePath(name);
        }
      }
    }
  }
  void readsEveryFile() {
    QFETCH(QString, target);
    QFETCH(QString, file);
    const std::map<QString, void (*)(const uint8_t*, size_t)> readers = {{"safetensors", read_safetensors},
                                                                         {"torch_file", read_torch_file},
                                                                         {"tokenizer", read_tokenizer},
                                                                         {"config", read_config},
                                                                         {"adapter_config", read_adapter_config}};
    const std::string bytes = read_file(file.toStdString());
    QElapsedTimer timer;
    timer.start();
    readers.at(target)(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    QVERIFY(timer.elapsed() < 5000);
  }
};

QTEST_APPLESS_MAIN(TestFuzzFindings)
#include "test_fuzz_findings.moc"
