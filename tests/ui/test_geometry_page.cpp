// The geometry page on snapshots whose T is known: what it shows is what the engine computed, and its controls work.
#include <QAbstractSlider>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSvgGenerator>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <set>

#include "geometry_run.h"
#include "pages/geometry/eigenvalue_picture.h"
#include "pages/geometry/geometry_page.h"
#include "pages/geometry/heat_map.h"
#include "pages/geometry/matrix_picture.h"
#include "pages/geometry/numbers_picture.h"
#include "pages/geometry/panel.h"
#include "pages/geometry/plane_picture.h"
#include "pages/geometry/render_geometry.h"
#include "pages/geometry/spectra_picture.h"
#include "pages/geometry/time_bar.h"
#include "studio.h"
#include "style/theme.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

Path pathOf(const QTemporaryDir& folder) { return folder.path().toStdString(); }

// A page of a window's size on a run; the parts that a test looks at.
struct Shown {
  Studio studio;
  GeometryPage page{studio};
  HeatMap* heat = page.findChild<HeatMap*>();
  PlanePicture* plane = page.findChild<PlanePicture*>();
  SpectraPicture* spectra = page.findChild<SpectraPicture*>();
  EigenvaluePicture* eigenvalues = page.findChild<EigenvaluePicture*>();
  NumbersPicture* numbers = page.findChild<NumbersPicture*>();
  QList<MatrixPicture*> matrices = page.findChildren<MatrixPicture*>();  // K, R, S, map
  TimeBar* time = page.findChild<TimeBar*>();

  Shown() {
    page.resize(1240, 800);
    page.show();
  }
  void open(const RunData& run, bool live = false) { page.showRun(&run, live); }
  void go(int index) { time->timeline()->setValue(index); }
  QString number(const QString& name) const {
    for (const NamedNumber& one : numbers->data()) {
      if (one.name == name) return one.value;
    }
    return {};
  }
};

ModuleGeometry derived(const RunData& run, size_t index, const std::string& module) {
  for (const ModuleSnapshot& one : read_snapshot(run.folder / run.geometry[index].file)) {
    if (one.module == module) return derive_geometry(one);
  }
  return {};
}

QString clicked(HeatMap* heat, size_t row, size_t column) {
  QSignalSpy spy(heat, &HeatMap::modulePicked);
  QTest::mouseClick(heat, Qt::LeftButton, {}, heat->cellRect(row, column).center().toPoint());
  return spy.isEmpty() ? QString() : spy.last().first().toString();
}

}  // namespace

class TestGeometryPage : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    QCoreApplication::setOrganizationName(QStringLiteral("mtlora-test"));
    QCoreApplication::setApplicationName(QStringLiteral("geometry-page"));
    QSettings().clear();
    applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), ThemeMode::Light);
  }

  void gridSortsLayersAndKinds() {
    const ModuleGrid grid =
        gridOf({"bert.encoder.layer.10.attention.output.dense", "bert.encoder.layer.10.output.dense",
                "bert.encoder.layer.2.attention.self.value", "bert.encoder.layer.2.output.dense",
                "bert.encoder.layer.2.attention.self.query", "classifier"});
    QCOMPARE(grid.rows, (QStringList{"2", "10", "–"}));
    QCOMPARE(grid.columns, (QStringList{"query", "value", "attention.output", "output", "classifier"}));
    QCOMPARE(grid.module(0, 0), std::string("bert.encoder.layer.2.attention.self.query"));
    QCOMPARE(grid.module(1, 3), std::string("bert.encoder.layer.10.output.dense"));
    QCOMPARE(grid.module(1, 0), std::string());
    QVERIFY(grid.find("classifier") == (std::pair<size_t, size_t>{2, 4}));
    QCOMPARE(grid.shortName("bert.encoder.layer.10.output.dense"), QString("Layer 10 · output"));
    // An encoder and a decoder are two stacks of layers.
    const ModuleGrid two = gridOf({"encoder.block.0.q", "decoder.block.0.q", "decoder.block.1.q"});
    QCOMPARE(two.rows, (QStringList{"decoder 0", "decoder 1", "encoder 0"}));
  }

  void heatMapHoldsTheRecord() {
    QTemporaryDir folder;
    const RunData run = GeometryRun{}.write(pathOf(folder));
    Shown shown;
    shown.open(run);
    shown.go(12);
    QCOMPARE(shown.heat->data().values.rows, size_t(6));
    QCOMPARE(shown.heat->data().values.cols, size_t(2));
    auto* box = shown.page.findChild<QComboBox*>("quantity");
    const std::function<double(const ModuleSummary&)> fields[] = {
        [](const ModuleSummary& m) { return m.effective_rank; },
        [](const ModuleSummary& m) { return m.mean_rotation_degrees; },
        [](const ModuleSummary& m) { return m.condition; }, [](const ModuleSummary& m) { return m.delta_fro; }};
    for (int quantity = 0; quantity < 4; ++quantity) {
      box->setCurrentIndex(quantity);
      const HeatMapData& heat = shown.heat->data();
      for (size_t row = 0; row < 6; ++row) {
        for (size_t column = 0; column < 2; ++column) {
          const std::string& module = heat.grid.module(row, column);
          QCOMPARE(heat.values(row, column), fields[quantity](run.geometry[12].modules.at(module)));
        }
      }
      // The picture has the scale's colour in the middle between a cell's edge and its text.
      const QImage image = shown.heat->grab().toImage();
      const QRectF cell = shown.heat->cellRect(3, 1);
      const QColor seen = image.pixelColor((cell.topLeft() + QPointF(6, 6)).toPoint());
      QCOMPARE(seen.rgb(), viridis(heat.position(heat.values(3, 1))).rgb());
    }
    // The scale is that of the whole run, and logarithmic for the condition number.
    box->setCurrentIndex(2);
    const HeatMapData& heat = shown.heat->data();
    QCOMPARE(std::pair(heat.low, heat.high), rangeOf(run.geometry, Quantity::Condition));
    QVERIFY(std::abs(heat.position(std::sqrt(heat.low * heat.high)) - 0.5) < 1e-12);
  }

  void clickAndKeysPickTheModule() {
    QTemporaryDir folder;
    const GeometryRun made;
    const RunData run = made.write(pathOf(folder));
    Shown shown;
    shown.open(run);
    auto* name = shown.page.findChild<QLabel*>("module_name");
    QCOMPARE(clicked(shown.heat, 4, 1), QString::fromStdString(made.module(4, 1)));
    const ModuleGeometry expected = derived(run, 20, made.module(4, 1));
    QTRY_COMPARE(shown.matrices[0]->data().matrix.values, expected.k.values);
    QCOMPARE(name->text(), QString("Layer 4 · value"));
    QCOMPARE(shown.matrices[1]->data().matrix.values, expected.r.values);
    QCOMPARE(shown.matrices[2]->data().matrix.values, expected.s.values);
    QCOMPARE(shown.matrices[3]->data().matrix.values, expected.map_u.values);
    shown.page.findChild<QComboBox*>("side_of_map")->setCurrentIndex(1);
    QCOMPARE(shown.matrices[3]->data().matrix.values, expected.map_v.values);
    QCOMPARE(shown.spectra->data().sigma_ba, expected.sigma_ba);
    QCOMPARE(shown.spectra->data().sigma_bta, expected.sigma_bta);
    QCOMPARE(shown.eigenvalues->data(), expected.eigenvalues);
    QCOMPARE(shown.number("Effective rank"), QString("%1 of 8").arg(numberText(expected.effective_rank)));
    QCOMPARE(shown.number("Condition number"), numberText(expected.condition));
    QCOMPARE(shown.number("Mean rotation angle"), numberText(expected.mean_rotation_degrees) + "°");
    QTest::keyClick(shown.heat, Qt::Key_Left);
    QTest::keyClick(shown.heat, Qt::Key_Down);
    QTRY_COMPARE(shown.matrices[0]->data().matrix.values, derived(run, 20, made.module(5, 0)).k.values);
    QTest::keyClick(shown.heat, Qt::Key_Down);  // there is no layer below
    QCOMPARE(name->text(), QString("Layer 5 · query"));
    QCOMPARE(shown.page.missingContent(), QString());
  }

  void sliderChangesTheStep() {
    QTemporaryDir folder;
    const GeometryRun made;
    const RunData run = made.write(pathOf(folder));
    Shown shown;
    shown.open(run);
    QCOMPARE(shown.time->index(), 20);  // a run that has ended opens at its end
    for (const int index : {7, 19, 1}) {
      shown.go(index);
      QTRY_COMPARE(shown.matrices[0]->data().matrix.values,
                   derived(run, static_cast<size_t>(index), made.module(0, 0)).k.values);
    }
    QTest::keyClick(shown.time->timeline(), Qt::Key_Right);
    QCOMPARE(shown.time->index(), 2);
    QTest::mouseClick(shown.page.findChild<QToolButton*>("forward"), Qt::LeftButton);
    QCOMPARE(shown.time->index(), 3);
    QTest::mouseClick(shown.page.findChild<QToolButton*>("back"), Qt::LeftButton);
    QCOMPARE(shown.time->index(), 2);
    // A click in the middle of the line goes to the middle of the run.
    Timeline* line = shown.time->timeline();
    QTest::mouseClick(line, Qt::LeftButton, {}, line->rect().center());
    QCOMPARE(shown.time->index(), 10);
    // Playing ends at the last step and then stops.
    shown.go(18);
    QTest::mouseClick(shown.page.findChild<QToolButton*>("play"), Qt::LeftButton);
    QTRY_COMPARE(shown.time->index(), 20);
    QTRY_VERIFY(!shown.time->playing());
  }

  void planeIsTheEnginesEllipse() {
    QTemporaryDir folder;
    const GeometryRun made;
    const RunData run = made.write(pathOf(folder));
    Shown shown;
    shown.open(run);
    QTRY_VERIFY(!shown.plane->data().view.k2.empty());
    const ModuleGeometry geometry = derived(run, 20, made.module(0, 0));
    auto* box = shown.page.findChild<QComboBox*>("direction_j");
    QCOMPARE(box->count(), 8);
    QTest::keyClick(box, Qt::Key_Down);  // u₃
    QCOMPARE(box->currentIndex(), 2);
    const PlaneView expected = plane_view(geometry.k, 0, 2);
    const PlaneView& view = shown.plane->data().view;
    QCOMPARE(view.semi_major, expected.semi_major);
    QCOMPARE(view.semi_minor, expected.semi_minor);
    QCOMPARE(view.angle_degrees, expected.angle_degrees);
    QCOMPARE(view.leaves_j, expected.leaves_j);
    // K turns u₁ and u₃ as its entries say, and the words repeat it.
    const double turn = std::atan2(geometry.k(2, 0), geometry.k(0, 0)) * 180 / M_PI;
    QVERIFY2(directionText(shown.plane->data(), false).contains(QLocale().toString(std::abs(turn), 'f', 1)),
             qPrintable(directionText(shown.plane->data(), false)));
    // Choosing the other's direction swaps the two.
    auto* first = shown.page.findChild<QComboBox*>("direction_i");
    QTest::keyClick(first, Qt::Key_Down);
    QTest::keyClick(first, Qt::Key_Down);
    QCOMPARE(first->currentIndex(), 2);
    QCOMPARE(box->currentIndex(), 1);
    // On its way between two steps the picture shows the ellipse of the K in between.
    PlaneData from, to;
    from.view = plane_view(geometry.k, 0, 1);
    Matrix k2(2, 2);
    k2(0, 0) = k2(1, 1) = 1;
    to.view = plane_view(k2, 0, 1);
    const PlaneData half = between(from, to, 0.5);
    QCOMPARE(half.view.k2(0, 0), (geometry.k(0, 0) + 1) / 2);
    QCOMPARE(between(from, to, 1).view.semi_major, 1.0);
  }

  void followStaysWithTheRun() {
    QTemporaryDir folder;
    const RunData whole = GeometryRun{}.write(pathOf(folder));
    RunData growing = whole;
    growing.geometry.resize(5);
    Shown shown;
    shown.open(growing, true);
    auto* follow = shown.page.findChild<QToolButton*>("follow");
    QVERIFY(follow->isEnabled() && follow->isChecked());
    QCOMPARE(shown.time->index(), 4);
    growing.geometry = whole.geometry;
    growing.geometry.resize(9);
    shown.open(growing, true);
    QCOMPARE(shown.time->index(), 8);
    // Looking back ends it: new records leave the step alone.
    shown.go(3);
    QVERIFY(!follow->isChecked());
    growing.geometry = whole.geometry;
    growing.geometry.resize(12);
    shown.open(growing, true);
    QCOMPARE(shown.time->index(), 3);
    QTest::mouseClick(follow, Qt::LeftButton);
    QCOMPARE(shown.time->index(), 11);
    shown.open(growing, false);
    QVERIFY(!follow->isEnabled());
  }

  void saysWhyThereIsNoK() {
    QTemporaryDir folder;
    const GeometryRun made;
    const RunData run = made.write(pathOf(folder));
    Shown shown;
    shown.open(run);
    shown.go(0);
    QTRY_VERIFY2(shown.plane->message().contains("B is still zero"), qPrintable(shown.plane->message()));
    QVERIFY(shown.spectra->message().contains("zero"));
    QCOMPARE(shown.number("Condition number"), QString("–"));
    QVERIFY(!shown.page.missingContent().isEmpty());
    QVERIFY(std::isnan(shown.heat->data().values(0, 0)));
    shown.go(4);
    QTRY_COMPARE(shown.plane->message(), QString());
    QCOMPARE(shown.page.missingContent(), QString());
  }

  void saysWhatAMethodLacks() {
    QTemporaryDir folder;
    GeometryRun made;
    made.method = "lora";
    made.steps = 3;
    const RunData lora = made.write(pathOf(folder));
    Shown shown;
    QVERIFY(shown.page.missingContent().contains("start one"));
    shown.open(lora);
    QTRY_VERIFY2(shown.plane->message().contains("Plain LoRA has no T"), qPrintable(shown.plane->message()));
    QCOMPARE(shown.spectra->data().sigma_ba.size(), size_t(8));
    QVERIFY(!shown.spectra->data().has_t);
    QVERIFY(shown.number("Condition number").isEmpty());
    RunData full = lora;
    full.folder = "elsewhere";
    full.config.adapter.method = "full";
    full.geometry.clear();
    shown.open(full);
    QVERIFY(shown.page.missingContent().contains("there is no K"));
    full.folder = "third";
    full.config.adapter.method = "ctcm";
    full.config.train.geometry_steps = 25;
    shown.open(full);
    QVERIFY(shown.page.missingContent().contains("every 25 steps"));
  }

  void lostSnapshotIsNamed() {
    QTemporaryDir folder;
    GeometryRun made;
    made.steps = 4;
    const RunData run = made.write(pathOf(folder));
    std::filesystem::remove(run.folder / run.geometry[2].file);
    Shown shown;
    shown.open(run);
    QTRY_COMPARE(shown.page.missingContent(), QString());
    shown.go(2);
    QTRY_VERIFY2(shown.plane->message().contains("step 20"), qPrintable(shown.plane->message()));
    QVERIFY(shown.page.missingContent().contains("step 20"));
    shown.go(3);
    QTRY_COMPARE(shown.plane->message(), QString());
  }

  void groupsAreMarked() {
    QTemporaryDir folder;
    GeometryRun made;
    made.flat = true;
    made.steps = 4;
    const RunData run = made.write(pathOf(folder));
    Shown shown;
    shown.open(run);
    QTRY_VERIFY(!shown.spectra->data().groups.empty());
    QVERIFY(shown.spectra->data().groups.front() == (std::pair<size_t, size_t>{0, 1}));
    QVERIFY(shown.matrices[0]->data().groups == shown.spectra->data().groups);
    QVERIFY(shown.plane->data().same_group);
  }

  void ranksFromOneToMany_data() {
    QTest::addColumn<int>("r");
    for (const int r : {1, 2, 3, 16, 64}) QTest::addRow("r %d", r) << r;
  }
  void ranksFromOneToMany() {
    QFETCH(int, r);
    QTemporaryDir folder;
    GeometryRun made;
    made.r = static_cast<size_t>(r);
    made.out = made.in = 80;
    made.layers = 2;
    made.steps = 3;
    const RunData run = made.write(pathOf(folder));
    Shown shown;
    shown.open(run);
    QTRY_COMPARE(shown.matrices[0]->data().matrix.rows, made.r);
    QCOMPARE(shown.plane->message().contains("no plane"), r == 1);
    for (const QSize& size : {QSize(1240, 800), QSize(780, 540)}) {
      shown.page.resize(size);
      QVERIFY(shown.page.minimumSizeHint().width() <= 790);
      const QImage image = shown.page.grab().toImage();
      // Something is drawn in the matrix: its colours reach from one end of the scale to the middle.
      std::set<QRgb> colours;
      const QRect area(shown.matrices[0]->mapTo(&shown.page, QPoint()), shown.matrices[0]->size());
      for (int x = area.left(); x < area.right(); ++x) {
        for (int y = area.top(); y < area.bottom(); ++y) colours.insert(image.pixel(x, y));
      }
      QVERIFY(colours.size() > 20);
    }
  }

  void everyPictureExplainsItself() {
    Studio studio;
    GeometryPage page(studio);
    const auto buttons = page.findChildren<InfoButton*>();
    QCOMPARE(buttons.size(), 9);
    for (const InfoButton* button : buttons) {
      QVERIFY(button->explanation().size() > 80);
      QVERIFY2(button->explanation().contains("K") || button->explanation().contains("ΔW"),
               qPrintable(button->explanation()));
      QVERIFY(button->focusPolicy() & Qt::TabFocus);
      QVERIFY(!button->accessibleName().isEmpty());
    }
    page.resize(1240, 800);
    page.show();
    buttons.front()->click();
    QWidget* popup = QApplication::activePopupWidget();
    QVERIFY(popup);
    QVERIFY(popup->findChildren<QLabel*>().last()->text() == buttons.front()->explanation());
    popup->close();
  }

  void rendersAndSaves() {
    QTemporaryDir folder;
    const GeometryRun made;
    const RunData run = made.write(pathOf(folder));
    const auto modules = read_snapshot(run.folder / run.geometry.back().file);
    const GeometryScene scene = geometryScene(run.name, QString::fromStdString(made.method), run.geometry,
                                              run.geometry.size() - 1, modules, made.module(2, 1));
    QCOMPARE(scene.geometry.k.values, derived(run, 20, made.module(2, 1)).k.values);
    const QString path = folder.filePath("geometry.svg");
    QSvgGenerator generator;
    generator.setFileName(path);
    generator.setSize({1440, 900});
    generator.setViewBox(QRect(0, 0, 1440, 900));
    QPainter painter(&generator);
    renderGeometry(painter, QRectF(0, 0, 1440, 900), scene, QApplication::palette(), QApplication::font());
    painter.end();
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString svg = QString::fromUtf8(file.readAll());
    QVERIFY(svg.contains("Layer 2 · value"));
    QVERIFY(svg.contains("step 200"));
    QVERIFY(svg.contains(numberText(scene.geometry.delta_fro)));
    QVERIFY_THROWS_EXCEPTION(Error, geometryScene({}, "ctcm", run.geometry, 0, modules, "no such module"));

    Shown shown;
    shown.open(run);
    QTRY_VERIFY(!shown.matrices[0]->data().matrix.empty());
    for (const char* name : {"k.csv", "k.png", "k.svg", "k.pdf"}) {
      QVERIFY2(shown.matrices[0]->saveTo(folder.filePath(name)), name);
      QVERIFY2(QFileInfo(folder.filePath(name)).size() > 100, name);
    }
    QFile csv(folder.filePath("k.csv"));
    QVERIFY(csv.open(QIODevice::ReadOnly));
    const QList<QByteArray> first = csv.readLine().trimmed().split(',');
    QCOMPARE(first.size(), 8);
    QVERIFY(std::abs(first[1].toDouble() - shown.matrices[0]->data().matrix(0, 1)) < 1e-8);
    QVERIFY(!shown.matrices[0]->saveTo(folder.filePath("k.docx")));
  }

  void numbersReadWell() {
    QLocale::setDefault(QLocale::c());
    QCOMPARE(numberText(0.73567), QString("0.736"));
    QCOMPARE(numberText(-12.345), QString("−12.3"));
    QCOMPARE(numberText(3.4e9), QString("3.4·10⁹"));
    QCOMPARE(numberText(9.96e-5), QString("1.0·10⁻⁴"));
    QCOMPARE(numberText(std::nan("")), QString("–"));
    QCOMPARE(tickText(0.5), QString("0.5"));
    QCOMPARE(tickText(2500), QString("2500"));
    QCOMPARE(tickText(-41244), QString("−41.2k"));
    QCOMPARE(percentText(0.0194), QString("1.9 %"));
    QCOMPARE(roundTicks(0, 6.2, 5), (std::vector<double>{0, 2, 4, 6}));
    QCOMPARE(logTicks(1, 1000, 5), (std::vector<double>{1, 10, 100, 1000}));
    QCOMPARE(subscript(12), QString("₁₂"));
  }
};

QTEST_MAIN(TestGeometryPage)
#include "test_geometry_page.moc"
