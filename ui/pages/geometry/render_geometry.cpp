#include "render_geometry.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "eigenvalue_picture.h"
#include "heat_map.h"
#include "matrix_picture.h"
#include "numbers_picture.h"
#include "plane_picture.h"
#include "spectra_picture.h"
#include "style/theme.h"

namespace mtlora::ui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Geometry", text); }

// Draws a titled frame and gives the room inside it.
QRectF paintFrame(QPainter& painter, const QRectF& rect, const QString& title, const Ink& ink) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing, false);
  painter.setPen(QPen(ink.grid, 1));
  painter.setBrush(ink.base);
  painter.drawRect(rect);
  QFont bold = ink.font;
  bold.setWeight(QFont::DemiBold);
  painter.setFont(bold);
  painter.setPen(ink.text);
  const double line = QFontMetricsF(bold).height();
  painter.drawText(rect.adjusted(8, 4, -8, 0), Qt::AlignLeft | Qt::AlignTop, title);
  painter.restore();
  return rect.adjusted(8, line + 10, -8, -8);
}

}  // namespace

QString reasonWithoutK(const ModuleGeometry& geometry, const QString& method) {
  if (method == QLatin1String("lora")) {
    return tr(
        "Plain LoRA has no T: K is the identity at every step, nothing is turned or stretched. Spectrum and "
        "numbers show what the adapter does.");
  }
  if (geometry.has_k) return {};
  if (geometry.delta_fro == 0) {
    return tr(
        "K is not defined at this step: B is still zero (ΔW = 0), and a zero matrix has no directions to turn. "
        "Move to a later step.");
  }
  return tr("K is not defined at this step: B or A is not of full rank (condition of R_B %1, of R_A %2), so some "
            "directions don't exist yet.")
      .arg(numberText(geometry.condition_b), numberText(geometry.condition_a));
}

GeometryScene geometryScene(const QString& run_name, const QString& method,
                            const std::vector<GeometryRecorded>& records, size_t index,
                            const std::vector<ModuleSnapshot>& modules, const std::string& module) {
  const auto at =
      module.empty()
          ? std::max_element(modules.begin(), modules.end(),
                             [](const ModuleSnapshot& a, const ModuleSnapshot& b) { return a.delta_fro < b.delta_fro; })
          : std::find_if(modules.begin(), modules.end(),
                         [&module](const ModuleSnapshot& one) { return one.module == module; });
  if (at == modules.end()) throw bad_input("the snapshot has no module \"" + module + "\"");
  return {run_name, method, records, index, Quantity::EffectiveRank, at->module, derive_geometry(*at)};
}

void renderGeometry(QPainter& painter, const QRectF& rect, const GeometryScene& scene, const QPalette& palette,
                    const QFont& font) {
  const Ink ink = Ink::of(palette, font, scene.method);
  const ModuleGeometry& geometry = scene.geometry;
  const bool has_t = scene.method != QLatin1String("lora");
  const QString reason = reasonWithoutK(geometry, scene.method);
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(rect, palette.color(QPalette::Window));

  HeatMapData heat = heatMapData(scene.records, scene.index, scene.quantity);
  heat.selected = scene.module;
  const QLocale locale;
  const int64_t step = scene.index < scene.records.size() ? scene.records[scene.index].step : 0;
  QFont large = ink.font;
  large.setPixelSize(ink.font.pixelSize() * 3 / 2);
  painter.setFont(large);
  painter.setPen(ink.text);
  const double line = QFontMetricsF(large).height();
  const QRectF room = rect.adjusted(16, 12, -16, -16);
  const QString heading = QStringLiteral("%1 · %2").arg(scene.run_name, heat.grid.shortName(scene.module));
  painter.drawText(room, Qt::AlignLeft | Qt::AlignTop, heading);
  painter.setFont(ink.font);
  painter.setPen(ink.faint);
  painter.drawText(QRectF(room.left(), room.top(), room.width(), line), Qt::AlignRight | Qt::AlignVCenter,
                   tr("%1   %2   r = %3   step %4")
                       .arg(methodTitle(scene.method), methodFormula(scene.method))
                       .arg(geometry.sigma_ba.size())
                       .arg(locale.toString(static_cast<qlonglong>(step))));

  constexpr double gap = 8;
  const double top = room.top() + line + gap, height = room.bottom() - top;
  const double left = std::round(room.width() * 0.23), lower = std::round(height * 0.34);
  const double numbers = std::round(height * 0.42);
  const double upper = height - lower - gap;
  const double right = room.left() + left + gap, width = room.right() - right;
  const double side = std::round(width * 0.4);

  HeatMap::paint(
      painter,
      paintFrame(painter, QRectF(room.left(), top, left, height - numbers - gap), quantityTitle(scene.quantity), ink),
      heat, ink);
  NumbersPicture::paint(
      painter, paintFrame(painter, QRectF(room.left(), room.bottom() - numbers, left, numbers), tr("Numbers"), ink),
      namedNumbers(geometry, has_t), ink);

  const QRectF plane = paintFrame(painter, QRectF(right, top, width - side - gap, upper),
                                  tr("K in a plane: the way of the training"), ink);
  if (!reason.isEmpty()) {
    paintSentence(painter, plane, reason, ink);
  } else if (geometry.k.rows < 2) {
    paintSentence(painter, plane,
                  tr("With r = 1 there is no plane: K is the number %1.").arg(numberText(geometry.k(0, 0))), ink);
  } else {
    PlaneData data;
    data.view = plane_view(geometry.k, scene.i, scene.j);
    data.i = scene.i;
    data.j = scene.j;
    PlanePicture::paint(painter, plane, data, data.extent(), ink);
  }
  const double half = std::round((upper - gap) / 2);
  const QRectF spectra =
      paintFrame(painter, QRectF(room.right() - side, top, side, half), tr("Spectra: the result"), ink);
  if (geometry.delta_fro > 0) {
    SpectraPicture::paint(painter, spectra, {geometry.sigma_ba, geometry.sigma_bta, geometry.groups, has_t, false},
                          ink);
  } else {
    paintSentence(painter, spectra, tr("ΔW is still zero at this step: there are no singular values to show."), ink);
  }
  const QRectF eigen = paintFrame(painter, QRectF(room.right() - side, top + half + gap, side, upper - half - gap),
                                  tr("Eigenvalues of T: the way of the training"), ink);
  if (reason.isEmpty()) {
    EigenvaluePicture::paint(painter, eigen, geometry.eigenvalues, 0, ink);
  } else {
    paintSentence(painter, eigen, tr("No eigenvalues to show."), ink);
  }

  const double quarter = (width - 3 * gap) / 4;
  const struct {
    QString title;
    const Matrix& matrix;
    MatrixData::Scale scale;
  } matrices[] = {{QStringLiteral("K = R · S"), geometry.k, MatrixData::Scale::Signed},
                  {tr("R turn"), geometry.r, MatrixData::Scale::Signed},
                  {tr("S stretch"), geometry.s, MatrixData::Scale::Signed},
                  {QStringLiteral("|⟨uᵢ, uⱼ⟩|"), geometry.map_u, MatrixData::Scale::Share}};
  double x = right;
  for (const auto& [title, matrix, scale] : matrices) {
    const QRectF inside = paintFrame(painter, QRectF(x, room.bottom() - lower, quarter, lower), title, ink);
    if (matrix.empty() || !reason.isEmpty()) {
      paintSentence(painter, inside, tr("Not defined at this step."), ink);
    } else {
      MatrixPicture::paint(painter, inside, {matrix, scale, {}, geometry.groups, {}}, ink);
    }
    x += quarter + gap;
  }
  painter.restore();
}

}  // namespace mtlora::ui
