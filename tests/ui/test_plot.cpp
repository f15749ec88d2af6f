// Plots: thinning keeps extremes, a million points stay quick, what isn't finite is marked, files hold the values.
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "style/plot.h"
#include "style/plot_export.h"
#include "style/theme.h"

using namespace mtlora::ui;

class TestPlot : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { applyTheme(*qApp, ThemeMode::Light); }

  void thinningKeepsTheExtremesOfAMillionPoints() {
    Plot plot;
    plot.resize(900, 300);
    QVector<double> x(1'000'000), y(1'000'000);
    for (int i = 0; i < x.size(); ++i) {
      x[i] = i;
      y[i] = std::sin(i * 1e-5);
    }
    y[654'321] = 40;   // one spike of one point
    y[123'456] = -40;  // and one down
    QCPGraph* curve = plot.addCurve("wave", Qt::blue);
    curve->setData(x, y, true);
    plot.showAll();
    plot.replot();
    QVERIFY2(plot.yAxis->range().upper > 40 && plot.yAxis->range().lower < -40, "the range covers both spikes");
    QVERIFY2(plot.drawnPoints() < 4 * plot.width(), qPrintable(QString::number(plot.drawnPoints())));
    QVERIFY(plot.drawnPoints() > plot.width() / 2);

    const QImage picture = plot.toPixmap(900, 300).toImage();
    const double top = plot.yAxis->coordToPixel(39), column = plot.xAxis->coordToPixel(654'321);
    int blue = 0;
    for (int dx = -3; dx <= 3; ++dx) {
      const QColor pixel = picture.pixelColor(static_cast<int>(column) + dx, static_cast<int>(top));
      if (pixel.blue() > pixel.red() + 40) ++blue;
    }
    QVERIFY2(blue > 0, "the spike is drawn");
  }

  void aMillionPointsReplotQuickly() {
    Plot plot;
    plot.resize(900, 300);
    QVector<double> x(1'000'000), y(1'000'000);
    for (int i = 0; i < x.size(); ++i) {
      x[i] = i;
      y[i] = std::cos(i * 0.37) + i * 1e-6;
    }
    QCPGraph* curve = plot.addCurve("noise", Qt::blue, 1);
    curve->setData(x, y, true);
    plot.showAll();
    plot.replot();
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < 10; ++i) {
      curve->addData(1'000'000 + i, 0);
      plot.showAll();
      plot.replot();
    }
    const double each = static_cast<double>(timer.elapsed()) / 10;
    qInfo("%.1f ms a drawing of a million points", each);
    QVERIFY2(each < 200, "far below what looking at each point and drawing it would take, even on a busy machine");
  }

  void replacedDataOfTheSameSizeAreSeen() {
    Plot plot;
    plot.resize(600, 300);
    QVector<double> x(20'000), y(20'000, 1.0);
    for (int i = 0; i < x.size(); ++i) x[i] = i;
    QCPGraph* curve = plot.addCurve("level", Qt::blue);
    curve->setData(x, y, true);
    plot.showAll();
    plot.replot();
    y.fill(7.0);
    curve->setData(x, y, true);
    plot.showAll();
    QVERIFY(plot.yAxis->range().contains(7));
    QVERIFY(!plot.yAxis->range().contains(1));
  }

  void whatIsNotFiniteIsMarkedAndBreaksTheLine() {
    Plot plot;
    plot.resize(600, 300);
    QCPGraph* curve = plot.addCurve("loss", Qt::red, 2);
    curve->setData({0, 1, 2, 3, 4}, {1, 2, qQNaN(), 2, 1}, true);
    plot.showAll();
    QVERIFY2(std::isfinite(plot.yAxis->range().upper), "the range ignores it");
    const QImage picture = plot.toPixmap(600, 300).toImage();
    const int x = static_cast<int>(plot.xAxis->coordToPixel(2));
    const int bottom = plot.axisRect()->bottom();
    int red = 0;
    for (int dx = -5; dx <= 5; ++dx)
      for (int dy = -14; dy <= -2; ++dy) {
        const QColor pixel = picture.pixelColor(x + dx, bottom + dy);
        if (pixel.red() > pixel.blue() + 60) ++red;
      }
    QVERIFY2(red > 8, "a cross stands at the axis");
    int between = 0;
    for (int y = plot.axisRect()->top(); y < bottom - 20; ++y) {
      const QColor pixel = picture.pixelColor(x, y);
      if (pixel.red() > pixel.blue() + 60) ++between;
    }
    QCOMPARE(between, 0);
  }

  void ticksAreFewAndShort() {
    for (const double upper : {0.00031, 0.7, 1.0, 13.0, 99.0, 1450.0, 23'000.0, 140'000.0, 3.1e6}) {
      Plot plot;
      plot.resize(600, 300);
      plot.addCurve("x", Qt::blue)->setData({0.0, upper}, {0.0, upper}, true);
      plot.showAll();
      plot.replot();
      const QVector<QString> labels = plot.xAxis->tickVectorLabels();
      QVERIFY2(labels.size() >= 3 && labels.size() <= 7, qPrintable(QString::number(labels.size())));
      for (const QString& label : labels) QVERIFY2(label.size() <= 7, qPrintable(label));
      QCOMPARE(QSet<QString>(labels.begin(), labels.end()).size(), labels.size());
    }
    Plot plot;
    plot.resize(600, 300);
    plot.addCurve("x", Qt::blue)->setData({0.0, 60'000.0}, {0.0, 1.0}, true);
    plot.showAll();
    plot.replot();
    QVERIFY(plot.xAxis->tickVectorLabels().contains("20k"));
  }

  void logarithmicTicksAreNeverMoreThanSeven() {
    for (const double span : {1.5, 8.0, 90.0, 4e3, 1e6, 1e12}) {
      Plot plot;
      plot.resize(600, 300);
      plot.addCurve("x", Qt::blue)->setData({0.0, 1.0}, {0.01, 0.01 * span}, true);
      plot.setLogY(true);
      plot.replot();
      const qsizetype count = plot.yAxis->tickVector().size();
      QVERIFY2(count >= 2 && count <= 7, qPrintable(QString("%1 ticks over a factor %2").arg(count).arg(span)));
    }
  }

  void linkedPlotsShareRangeAndCrosshair() {
    Plot a, b;
    for (Plot* plot : {&a, &b}) plot->resize(600, 300);
    Plot::link({&a, &b});
    a.addCurve("a", Qt::blue)->setData({0, 100}, {1, 2}, true);
    b.addCurve("b", Qt::blue)->setData({50, 400}, {1, 2}, true);
    a.showAll();
    QVERIFY(a.xAxis->range().contains(400));
    QCOMPARE(a.xAxis->range(), b.xAxis->range());
    a.xAxis->setRange(10, 20);
    QCOMPARE(b.xAxis->range(), QCPRange(10, 20));
  }

  void emptyPlotSaysWhatWillStandThere() {
    Plot plot;
    plot.resize(500, 200);
    const QImage bare = plot.grab().toImage();
    plot.setEmptyText("The loss will stand here.");
    QVERIFY(plot.grab().toImage() != bare);
    plot.addCurve("loss", Qt::blue)->setData({0, 1}, {0, 1}, true);
    plot.showAll();
    plot.replot();
    const QImage filled = plot.grab().toImage();
    plot.setEmptyText("Another sentence.");
    QVERIFY2(plot.grab().toImage() == filled, "no sentence over data");
  }

  void savesInEveryForm() {
    QTemporaryDir folder;
    Plot plot;
    plot.resize(500, 200);
    plot.setAxisTitles("step", "loss");
    plot.addCurve("raw", Qt::blue)->setData({0, 1, 2}, {3.5, qQNaN(), 2.25}, true);
    plot.addCurve("smooth, bold", Qt::red)->setData({0, 2}, {3, 2}, true);
    plot.showAll();
    for (const QString ending : {"png", "svg", "pdf", "csv"}) {
      const QString path = folder.filePath("plot." + ending);
      QVERIFY2(plot.saveTo(path), qPrintable(ending));
      QVERIFY(QFileInfo(path).size() > 20);
    }
    QFile csv(folder.filePath("plot.csv"));
    QVERIFY(csv.open(QIODevice::ReadOnly));
    QCOMPARE(QString::fromUtf8(csv.readAll()), QString("step,raw,\"smooth, bold\"\n0,3.5,3\n1,nan,\n2,2.25,2\n"));
    QFile svg(folder.filePath("plot.svg"));
    QVERIFY(svg.open(QIODevice::ReadOnly));
    const QByteArray drawing = svg.readAll();
    QVERIFY(drawing.contains("<polyline") || drawing.contains("<path"));
    QVERIFY(!plot.saveTo(folder.filePath("plot.xyz")));
    QVERIFY(!plot.saveTo(folder.filePath("no/such/folder/plot.csv")));
  }
};

QTEST_MAIN(TestPlot)
#include "test_plot.moc"
