// The frame: pages and keys, the run card, what is kept, and closing during a run.
#include <QAbstractButton>
#include <QMenuBar>
#include <QMessageBox>
#include <QStackedWidget>
#include <QTemporaryDir>
#include <QTimer>

#include "base/files.h"
#include "main_window.h"
#include "pages/compare/compare_page.h"
#include "pages/page.h"
#include "tiny_run.h"
#include "widgets/banner.h"
#include "widgets/loop_watch.h"
#include "widgets/run_card.h"
#include "widgets/side_bar.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

constexpr int patience = 30'000;  // ms

RunConfig longRun(const QTemporaryDir& folder) {
  RunConfig config = tinyRun(folder.filePath("run").toStdString(), "ctcm", 500'000);
  config.eval.eval_steps = "250000";
  config.train.geometry_steps = 0;
  return config;
}

// Answers the question that stands when the loop turns next.
void answer(const QString& text) {
  QTimer::singleShot(100, [text] {
    auto* question = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
    QVERIFY(question);
    for (QAbstractButton* button : question->buttons())
      if (button->text() == text) return button->click();
    question->reject();
    QFAIL("there is no such answer");
  });
}

// As the window's own loop runs, which a busy wait of the test's does not.
void spin(int milliseconds) {
  QEventLoop loop;
  QTimer::singleShot(milliseconds, &loop, &QEventLoop::quit);
  loop.exec();
}

}  // namespace

class TestMainWindow : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { applyTheme(*qApp, ThemeMode::Light); }

  void sevenPagesByKeyAndSideBar() {
    Studio studio;
    MainWindow window(studio);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QSet<QString> titles;
    for (int i = 0; i < 7; ++i) {
      QTest::keyClick(&window, static_cast<Qt::Key>(Qt::Key_7 - i), Qt::ControlModifier);
      QCOMPARE(window.currentPage(), 6 - i);
      QVERIFY(window.page(6 - i)->isVisible());
      titles << window.page(6 - i)->title();
    }
    QCOMPARE(titles.size(), 7);
    QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
    QCOMPARE(window.currentPage(), int(ExportIndex));
    QTest::keyClick(&window, Qt::Key_N, Qt::ControlModifier);
    QCOMPARE(window.currentPage(), int(NewRunIndex));
    for (QAbstractButton* button : window.findChild<SideBar*>()->findChildren<QAbstractButton*>())
      QVERIFY2(!button->accessibleName().isEmpty(), "each control has a name");
  }

  void theSideBarShowsIconsAloneInANarrowWindow() {
    Studio studio;
    MainWindow window(studio);
    window.show();
    QCOMPARE(window.minimumSize(), QSize(1000, 640));
    window.resize(1440, 900);
    QCOMPARE(window.findChild<SideBar*>()->width(), 200);
    window.setMinimumSize(400, 300);
    window.resize(880, 640);
    QVERIFY(window.findChild<SideBar*>()->compact());
    window.resize(1000, 640);
    QVERIFY(!window.findChild<SideBar*>()->compact());
  }

  void sizeIsKept() {
    {
      Studio studio;
      MainWindow window(studio);
      window.show();
      window.resize(1234, 765);
      window.close();
    }
    Studio studio;
    MainWindow window(studio);
    window.show();
    QCOMPARE(window.size(), QSize(1234, 765));
  }

  void anErrorSaysWhatAndWhatToDo() {
    Studio studio;
    MainWindow window(studio);
    window.show();
    studio.open("/no/such/run");
    QVERIFY(QTest::qWaitFor([&] { return window.banner().isVisible(); }, patience));
    QVERIFY(window.banner().text().contains("/no/such/run"));
  }

  void theRunCardIsOnEveryPageWhileARunTrains() {
    QTemporaryDir folder;
    Studio studio;
    MainWindow window(studio);
    window.show();
    auto* card = window.findChild<RunCard*>();
    QVERIFY(!card->isVisible());
    studio.start(longRun(folder));
    QVERIFY(QTest::qWaitFor([&] { return studio.run() && studio.run()->steps.size() > 2; }, patience));
    for (int i = 0; i < 7; ++i) {
      window.showPage(i);
      QVERIFY(card->isVisible());
    }
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QTest::keyClick(&window, Qt::Key_Period, Qt::ControlModifier);  // stop
    QVERIFY(QTest::qWaitFor([&] { return !studio.liveRun(); }, patience));
    QCOMPARE(studio.run()->finished->status, std::string("stopped"));
    QVERIFY(!card->isVisible());
  }

  void closingDuringARunCanBeTakenBack() {
    QTemporaryDir folder;
    Studio studio;
    MainWindow window(studio);
    window.show();
    studio.start(longRun(folder));
    QVERIFY(QTest::qWaitFor([&] { return studio.run() && studio.run()->steps.size() > 2; }, patience));
    answer("Keep training");
    QVERIFY(!window.close());
    QVERIFY(window.isVisible());
    QVERIFY(studio.liveRun());
    studio.send({Command::Kind::Stop});
    QVERIFY(QTest::qWaitFor([&] { return !studio.liveRun(); }, patience));
  }

  void closingDuringARunSavesAndEndsIt() {
    QTemporaryDir folder;
    Path run;
    {
      Studio studio;
      MainWindow window(studio);
      window.show();
      studio.start(longRun(folder));
      QVERIFY(QTest::qWaitFor([&] { return studio.run() && studio.run()->steps.size() > 2; }, patience));
      run = studio.run()->folder;
      answer("Save and close");
      QVERIFY(!window.close());
      QVERIFY2(window.isVisible() && window.banner().isVisible(), "it shows what it waits for, and does not block");
      QVERIFY(QTest::qWaitFor([&] { return !window.isVisible(); }, patience));
      QVERIFY(!studio.liveRun());
      QCOMPARE(studio.run()->checkpoints.back().step, studio.run()->step());
    }
    const RunRecord record = open_run(run);
    QCOMPARE(name_of(record.row.status), std::string("stopped"));
    QVERIFY(!record.checkpoints.empty());
  }

  void closingDuringAComparisonStopsItWithoutAQuestion() {
    qputenv("MTLORA_PROGRAM", MTLORA_CLI);
    QTemporaryDir data;
    Plan plan;
    plan.name = "closing";
    plan.run = to_json(longRun(data));
    plan.run.erase("output");
    plan.tasks = {{"Letters", {}}};
    plan.variants = {{"CTCM", {}}};
    plan.reference = "CTCM";
    plan.seeds = {1};
    const Path folder = create_comparison(plan);
    Studio studio;
    MainWindow window(studio);
    window.show();
    window.showPage(CompareIndex);
    auto* compare = static_cast<ComparePage*>(window.page(CompareIndex));
    const auto trains = [&] { return compare->comparison() && compare->comparison()->runs.front().step > 0; };
    QVERIFY(QTest::qWaitFor([&] { return compare->comparison() != nullptr; }, patience));
    compare->select(folder);
    compare->goOn();
    QVERIFY(QTest::qWaitFor(trains, patience));
    QVERIFY(!window.close());
    QVERIFY2(window.isVisible() && window.banner().isVisible(), "it shows what it waits for, and does not block");
    QVERIFY(QTest::qWaitFor([&] { return !window.isVisible(); }, patience));
    QVERIFY(read_comparison(folder).runs.front().state == ComparedState::Stopped);
    std::filesystem::remove_all(folder);
  }

  void theWatchMeasuresLongTurns() {
    LoopWatch& watch = static_cast<Application*>(qApp)->loopWatch();
    watch.reset();
    for (int i = 0; i < 20; ++i) spin(2);
    const LoopWatch::Report calm = watch.report();
    QVERIFY(calm.turns > 5);
    QTimer::singleShot(0, qApp, [] { QThread::msleep(80); });
    spin(150);
    const LoopWatch::Report report = watch.report();
    QVERIFY2(report.worst_ms >= 80 && report.worst_ms < 1000, qPrintable(watch.text()));
    QVERIFY(report.within_50_ms < 1);
    QVERIFY(report.quantile_999_ms >= 80);
    watch.reset();
    spin(500);  // waiting is no turn
    QVERIFY2(watch.report().worst_ms < 400, qPrintable(watch.text()));
  }
};

int main(int argc, char** argv) {
  Application app(argc, argv);
  TestMainWindow test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_main_window.moc"
