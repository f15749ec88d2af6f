// --render: the curves and the geometry of a run as files that show them.
#include <QProcess>
#include <QTemporaryDir>

#include "tiny_run.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

struct Ended {
  int code;
  QString out, err;
};

Ended render(const QString& run, const QString& folder) {
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  for (const char* name : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"})
    environment.remove(QString::fromLatin1(name));
  QProcess process;
  process.setProcessEnvironment(environment);
  process.start(QStringLiteral(MTLORA_STUDIO), {QStringLiteral("--render"), run, folder});
  process.waitForFinished(120'000);
  return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
          QString::fromUtf8(process.readAllStandardError())};
}

}  // namespace

class TestRender : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;

 private Q_SLOTS:
  void initTestCase() {
    qputenv("MTLORA_HOME", folder_.filePath(QStringLiteral("home")).toUtf8());
    initialise();
  }

  void curvesAndGeometryAsPngAndSvg() {
    const Path run = train(tinyRun(folder_.filePath(QStringLiteral("run")).toStdString(), "ctcm", 24));
    const QString pictures = folder_.filePath(QStringLiteral("pictures"));
    const Ended ended = render(QString::fromStdString(run.string()), pictures);
    QVERIFY2(ended.code == 0, qPrintable(ended.err));
    for (const char* name : {"loss", "score", "learning-rate", "gradient-norm", "geometry"}) {
      const QString stem = pictures + u'/' + QString::fromLatin1(name);
      QVERIFY2(ended.out.contains(stem + QStringLiteral(".png")), name);
      const QImage picture(stem + QStringLiteral(".png"));
      QVERIFY2(picture.width() >= 1900, name);
      QVERIFY2(!isFlat(picture), name);
      const QByteArray svg = QByteArray::fromStdString(read_file((stem + QStringLiteral(".svg")).toStdString()));
      QVERIFY2(svg.contains("<text"), name);
      QVERIFY2(svg.contains("<path") || svg.contains("<polyline"), name);
    }
    const QByteArray geometry = QByteArray::fromStdString(read_file((pictures + "/geometry.svg").toStdString()));
    QVERIFY2(geometry.contains("step 24"), "of the last recorded step");
  }

  void aFolderWithoutARunIsAnError() {
    const Ended ended = render(folder_.path(), folder_.filePath(QStringLiteral("none")));
    QCOMPARE(ended.code, 2);
    QVERIFY2(ended.err.contains(QStringLiteral("error: ")) && ended.err.contains(folder_.path()),
             qPrintable(ended.err));
  }
};

QTEST_MAIN(TestRender)
#include "test_render.moc"
