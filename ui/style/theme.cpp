#include "theme.h"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QFontMetrics>
#include <QHash>
#include <QIconEngine>
#include <QLocale>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QStyle>
#include <QSvgRenderer>
#include <QToolTip>
#include <algorithm>
#include <array>
#include <cmath>

#include "house_style.h"

// The library is linked statically: its resources are there only once someone asks.
static void initResources() { Q_INIT_RESOURCE(resources); }

namespace mtlora::ui {

namespace {

QPalette housePalette(bool dark) {
  const QColor window = dark ? QColor(0x1f, 0x21, 0x24) : QColor(0xf6, 0xf7, 0xf8);
  const QColor base = dark ? QColor(0x27, 0x2a, 0x2e) : QColor(0xff, 0xff, 0xff);
  const QColor text = dark ? QColor(0xe4, 0xe6, 0xe8) : QColor(0x1e, 0x22, 0x26);
  const QColor faint = dark ? QColor(0x86, 0x8b, 0x91) : QColor(0x8a, 0x90, 0x96);
  const QColor button = dark ? QColor(0x32, 0x36, 0x3b) : QColor(0xfd, 0xfd, 0xfe);
  const QColor strong = dark ? QColor(0x3a, 0x80, 0xcc) : QColor(0x1f, 0x6f, 0xc4);
  QPalette palette(text, button, button.lighter(dark ? 130 : 104), button.darker(dark ? 160 : 140),
                   dark ? QColor(0x4a, 0x4f, 0x55) : QColor(0xc4, 0xc9, 0xce), text, Qt::white, base, window);
  palette.setColor(QPalette::AlternateBase, dark ? QColor(0x2b, 0x2e, 0x33) : QColor(0xf4, 0xf6, 0xf7));
  palette.setColor(QPalette::ToolTipBase, dark ? QColor(0x38, 0x3c, 0x41) : QColor(0xff, 0xff, 0xff));
  palette.setColor(QPalette::ToolTipText, text);
  palette.setColor(QPalette::PlaceholderText, faint);
  palette.setColor(QPalette::Highlight, strong);
  palette.setColor(QPalette::HighlightedText, Qt::white);
  palette.setColor(QPalette::Link, dark ? strong.lighter(130) : strong);
  palette.setColor(QPalette::LinkVisited, palette.color(QPalette::Link));
  palette.setColor(QPalette::Shadow, dark ? QColor(0x10, 0x11, 0x12) : QColor(0xb0, 0xb5, 0xba));
  for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    palette.setColor(QPalette::Disabled, role, faint);
  palette.setColor(QPalette::Disabled, QPalette::Highlight, dark ? QColor(0x45, 0x49, 0x4e) : QColor(0xd5, 0xd9, 0xdd));
  return palette;
}

// Draws an SVG whose strokes are "currentColor" in the palette's text colour of the moment.
class LineIconEngine : public QIconEngine {
 public:
  explicit LineIconEngine(QString name) : name_(std::move(name)) {}
  QIconEngine* clone() const override { return new LineIconEngine(name_); }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap result(size);
    result.fill(Qt::transparent);
    QPainter painter(&result);
    paint(&painter, QRect(QPoint(), size), mode, state);
    return result;
  }
  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
    const QPalette palette = QApplication::palette();
    const QColor colour = mode == QIcon::Selected
                              ? palette.color(QPalette::Text)  // selections are pale, see mixedRules
                          : mode == QIcon::Disabled ? palette.color(QPalette::Disabled, QPalette::ButtonText)
                                                    : palette.color(QPalette::ButtonText);
    // A side bar of icons is painted at each change of page: drawn once, kept as pixels.
    const double ratio = painter->device() ? painter->device()->devicePixelRatioF() : 1;
    const QString key = QStringLiteral("line icon %1 %2 %3x%4 %5")
                            .arg(name_, colour.name())
                            .arg(rect.width())
                            .arg(rect.height())
                            .arg(ratio);
    QPixmap picture;
    if (!QPixmapCache::find(key, &picture)) {
      picture = QPixmap(rect.size() * ratio);
      picture.setDevicePixelRatio(ratio);
      picture.fill(Qt::transparent);
      QByteArray svg = source();
      svg.replace("currentColor", colour.name().toLatin1());
      QSvgRenderer renderer(svg);
      renderer.setAspectRatioMode(Qt::KeepAspectRatio);
      QPainter drawing(&picture);
      drawing.setRenderHint(QPainter::Antialiasing);
      renderer.render(&drawing, QRectF(QPointF(), rect.size()));
      QPixmapCache::insert(key, picture);
    }
    painter->drawPixmap(rect.topLeft(), picture);
  }

 private:
  const QByteArray& source() const {
    static QHash<QString, QByteArray> files;
    QByteArray& bytes = files[name_];
    if (bytes.isEmpty()) {
      QFile file(QStringLiteral(":/icons/%1.svg").arg(name_));
      if (file.open(QIODevice::ReadOnly)) bytes = file.readAll();
    }
    return bytes;
  }
  QString name_;
};

struct Method {
  const char* name;
  const char* title;
  const char* formula;
  QRgb light, dark;
};
constexpr std::array<Method, 6> methods = {{
    {"lora", "LoRA", "T = I", 0xff5F6B7A, 0xffA3AEBB},
    {"shim", "SHIM", "T = C", 0xff0072B2, 0xff4FB0E6},
    {"icfm", "ICFM", "T = C · Cᵀ", 0xff009E73, 0xff3CCB9F},
    {"ctcm", "CTCM", "T = C · D", 0xffE69F00, 0xffF5BC45},
    {"dtsm", "DTSM", "T = C + D", 0xffD55E00, 0xffF58A3C},
    {"full", "Full", "all weights", 0xffCC79A7, 0xffE29FC4},
}};

const Method* findMethod(const QString& name) {
  for (const Method& method : methods)
    if (name == QLatin1String(method.name)) return &method;
  return nullptr;
}

// Control points read off matplotlib's published viridis table at ninths.
constexpr std::array<QRgb, 10> viridisPoints = {0xff440154, 0xff482878, 0xff3e4a89, 0xff31688e, 0xff26828e,
                                                0xff1f9e89, 0xff35b779, 0xff6ece58, 0xffb5de2b, 0xfffde725};

QColor mix(const QColor& a, const QColor& b, double t) {
  return QColor::fromRgbF(static_cast<float>(a.redF() + (b.redF() - a.redF()) * t),
                          static_cast<float>(a.greenF() + (b.greenF() - a.greenF()) * t),
                          static_cast<float>(a.blueF() + (b.blueF() - a.blueF()) * t));
}

QFont scaled(double factor, QFont::Weight weight) {
  QFont font = QApplication::font();
  if (font.pointSizeF() > 0)
    font.setPointSizeF(font.pointSizeF() * factor);
  else
    font.setPixelSize(static_cast<int>(font.pixelSize() * factor));
  font.setWeight(weight);
  return font;
}

}  // namespace

// Rules whose colours lie between two of the palette's: calm selections, the track of a progress bar.
static QString mixedRules() {
  const QPalette palette = QApplication::palette();
  const QColor text = palette.color(QPalette::WindowText);
  return QStringLiteral(
             "QAbstractItemView { selection-background-color: %1; selection-color: %2; }"
             "QProgressBar { background: %3; }")
      .arg(mix(palette.color(QPalette::Base), palette.color(QPalette::Highlight), isDark() ? 0.45 : 0.22).name(),
           palette.color(QPalette::Text).name(), mix(palette.color(QPalette::Window), text, 0.12).name());
}

void applyTheme(QApplication& app, ThemeMode mode) {
  initResources();
  QApplication::setStyle(new HouseStyle);
  app.setStyleSheet({});
  QApplication::setPalette(QPalette());  // back to what the system gives
  const QPalette system = QApplication::palette();
  const bool systemDark = system.color(QPalette::Window).lightness() < system.color(QPalette::WindowText).lightness();
  // A desktop with colours of its own (KDE) keeps them; elsewhere Fusion's grey gives way to the house's.
  const bool ownColours =
      system.color(QPalette::Window) != QApplication::style()->standardPalette().color(QPalette::Window);
  if (mode != ThemeMode::System || !ownColours)
    QApplication::setPalette(housePalette(mode == ThemeMode::Dark || (mode == ThemeMode::System && systemDark)));
  QToolTip::setPalette(QApplication::palette());
  QFile sheet(QStringLiteral(":/style.qss"));
  if (sheet.open(QIODevice::ReadOnly)) app.setStyleSheet(QString::fromUtf8(sheet.readAll()) + mixedRules());
}

bool isDark() {
  const QPalette palette = QApplication::palette();
  return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
}

QColor methodColour(const QString& method) { return methodColour(method, isDark()); }

QColor methodColour(const QString& method, bool dark) {
  const Method* found = findMethod(method);
  if (!found) return QApplication::palette().color(QPalette::WindowText);
  return QColor(dark ? found->dark : found->light);
}

QString methodTitle(const QString& method) {
  const Method* found = findMethod(method);
  return found ? QString::fromUtf8(found->title) : method;
}

QString methodFormula(const QString& method) {
  const Method* found = findMethod(method);
  return found ? QString::fromUtf8(found->formula) : QString();
}

QColor accent() { return QApplication::palette().color(QPalette::Highlight); }

QFont titleFont() { return scaled(1.6, QFont::DemiBold); }
QFont sectionFont() { return scaled(1.1, QFont::DemiBold); }

QFont tabularFont() {
  const QFont font = QApplication::font();
  const QFontMetrics metrics(font);
  const int width = metrics.horizontalAdvance(QLatin1Char('0'));
  for (char digit = '1'; digit <= '9'; ++digit) {
    if (metrics.horizontalAdvance(QLatin1Char(digit)) == width) continue;
    QFont fixed = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    if (font.pointSizeF() > 0) fixed.setPointSizeF(font.pointSizeF());
    return fixed;
  }
  return font;
}

QIcon lineIcon(const QString& name) {
  initResources();
  return QIcon(new LineIconEngine(name));
}

QColor viridis(double t) {
  if (!std::isfinite(t)) return QApplication::palette().color(QPalette::Mid);
  const double place = std::clamp(t, 0.0, 1.0) * (viridisPoints.size() - 1);
  const size_t i = std::min(static_cast<size_t>(place), viridisPoints.size() - 2);
  return mix(QColor(viridisPoints[i]), QColor(viridisPoints[i + 1]), place - static_cast<double>(i));
}

QColor diverging(double t) {
  if (!std::isfinite(t)) return QApplication::palette().color(QPalette::Mid);
  t = std::clamp(t, -1.0, 1.0);
  const bool dark = isDark();
  const QColor middle = dark ? QColor(0x27, 0x2a, 0x2e) : QColor(Qt::white);
  const QColor low = dark ? QColor(0x5a, 0xa9, 0xe6) : QColor(0x21, 0x66, 0xac);
  const QColor high = dark ? QColor(0xf0, 0x6e, 0x5a) : QColor(0xb2, 0x18, 0x2b);
  return mix(middle, t < 0 ? low : high, std::abs(t));
}

QString shortNumber(double value) {
  const QLocale locale;
  if (!std::isfinite(value)) return std::isnan(value) ? QStringLiteral("–") : QStringLiteral("∞");
  const auto digits = [&](double v) { return locale.toString(v, 'g', v >= 100 ? 4 : 3); };
  const double size = std::abs(value);
  if (size >= 999.5e6) return digits(value / 1e9) + QStringLiteral(" G");
  if (size >= 999.5e3) return digits(value / 1e6) + QStringLiteral(" M");
  if (size >= 1e3) return digits(value / 1e3) + QStringLiteral("k");
  return digits(value);
}

QString countText(int64_t value) { return QLocale().toString(static_cast<qlonglong>(value)); }

QString memoryText(double mib) {
  const QLocale locale;
  if (!std::isfinite(mib)) return QStringLiteral("–");
  if (mib >= 1024) return QApplication::translate("theme", "%1 GiB").arg(locale.toString(mib / 1024, 'f', 1));
  return QApplication::translate("theme", "%1 MiB").arg(locale.toString(mib, 'f', mib < 10 ? 1 : 0));
}

QString durationText(double seconds) {
  if (!std::isfinite(seconds)) return QStringLiteral("–");
  const auto text = [](const char* source) { return QApplication::translate("theme", source); };
  const qint64 total = std::llround(std::max(0.0, seconds));
  if (total < 60) return text("%1 s").arg(total);
  if (total < 3600) return text("%1 min %2 s").arg(total / 60).arg(total % 60, 2, 10, QLatin1Char('0'));
  if (total < 86400) return text("%1 h %2 min").arg(total / 3600).arg(total % 3600 / 60, 2, 10, QLatin1Char('0'));
  return text("%1 d %2 h").arg(total / 86400).arg(total % 86400 / 3600);
}

}  // namespace mtlora::ui
