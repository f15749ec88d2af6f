// --tour: the program trains, drives its own pages, and its pictures show them whole.
#include <QProcess>
#include <QTemporaryDir>

#include "base/paths.h"
#include "tiny_run.h"

using namespace mtlora;
using namespace mtlora::ui;

class TestTour : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void picturesOfEveryPage() {
    QVERIFY2(!bundled_model_dir().empty(), "the bundled model is installed by ./studio build");
    QTemporaryDir folder;
    const QString home = folder.filePath(QStringLiteral("home"));
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"})
      environment.remove(QString::fromLatin1(name));
    environment.insert(QStringLiteral("MTLORA_HOME"), home);
    QProcess tour;
    tour.setProcessEnvironment(environment);
    tour.start(QStringLiteral(MTLORA_STUDIO), {QStringLiteral("--tour"), folder.filePath(QStringLiteral("pictures"))});
    QVERIFY(tour.waitForFinished(580'000));
    const QString errors = QString::fromUtf8(tour.readAllStandardError());
    const QString output = QString::fromUtf8(tour.readAllStandardOutput());
    QVERIFY2(tour.exitStatus() == QProcess::NormalExit && tour.exitCode() == 0, qPrintable(errors));
    QVERIFY2(output.contains(QStringLiteral("event loop")), qPrintable(output));
    QVERIFY2(!QDir(home).exists(), "the tour has a home of its own");

    const QStringList pages = {QStringLiteral("new-run"), QStringLiteral("live"),    QStringLiteral("geometry"),
                               QStringLiteral("runs"),    QStringLiteral("compare"), QStringLiteral("try-it"),
                               QStringLiteral("export")};
    const auto check = [&](const QString& name, const QSize& size) {
      const QImage picture(folder.filePath(QStringLiteral("pictures/%1.png").arg(name)));
      QVERIFY2(!picture.isNull(), qPrintable(name));
      QCOMPARE(picture.size(), size);
      QVERIFY2(!isFlat(picture), qPrintable(name));
    };
    for (const char* theme : {"-light", "-dark"}) {
      for (const QString& page : pages) {
        check(page + QString::fromLatin1(theme), {1440, 900});
        check(page + QStringLiteral("-running") + QString::fromLatin1(theme), {1440, 900});
      }
      for (const int i : {0, 1, 5})
        check(pages[i] + QStringLiteral("-texts") + QString::fromLatin1(theme), {1440, 900});
      for (const int i : {0, 1, 2, 4})
        check(pages[i] + QStringLiteral("-small") + QString::fromLatin1(theme), {1000, 640});
    }
    const QImage light(folder.filePath(QStringLiteral("pictures/live-light.png")));
    const QImage dark(folder.filePath(QStringLiteral("pictures/live-dark.png")));
    QVERIFY(qGray(light.pixel(5, 300)) > 180);
    QVERIFY(qGray(dark.pixel(5, 300)) < 80);
  }
};

QTEST_MAIN(TestTour)
#include "test_tour.moc"
