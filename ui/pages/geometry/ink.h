// What the painted views of the geometry share: colours and fonts of the palette, numbers as text, ticks, arrows,
// colour bars and labels that do not overlap. All sizes in px, so that a picture is the same on a screen and in an SVG.
#pragma once

#include <QColor>
#include <QFont>
#include <QPainter>
#include <QPalette>
#include <QString>
#include <functional>
#include <optional>
#include <vector>

namespace mtlora::ui {

// Colours and fonts of one picture.
struct Ink {
  QColor text, faint, axis, grid, base;
  QColor before, first, second;  // of σ(BA); of the first and the second chosen direction
  QColor after;                  // of what T made (ellipse, σ(BTA), eigenvalues): the method's colour
  QFont font, small;             // body, and ticks
  static Ink of(const QPalette& palette, const QFont& font, const QString& method);
};

QColor mixed(const QColor& a, const QColor& b, double share_of_b);
QColor readableOn(const QColor& background);  // black or white, whichever stands out more

QString subscript(size_t number);                       // 12 -> "₁₂"
QString numberText(double value, int significant = 3);  // by locale; "–" for NaN, "∞"
QString tickText(double value);                         // as short as it can be: "0.5", "2"
QString percentText(double share);                      // 0.123 -> "12 %", below one tenth with one digit more

// At most `most` round values within [low, high].
std::vector<double> roundTicks(double low, double high, int most);
// Powers of ten (and 2, 5 between them where few) within [low, high], both above 0.
std::vector<double> logTicks(double low, double high, int most);

// A sentence in the middle of `rect`, wrapped.
void paintSentence(QPainter& painter, const QRectF& rect, const QString& sentence, const Ink& ink);

void paintArrow(QPainter& painter, const QPointF& from, const QPointF& to, const QColor& colour, double width);

// A bar of colours with ticks under it (horizontal) or beside it (vertical); `rect` holds both. `position` maps a value
// to [0, 1].
void paintColourBar(QPainter& painter, const QRectF& rect, Qt::Orientation orientation,
                    const std::vector<double>& ticks, const std::function<double(double)>& position,
                    const std::function<QColor(double)>& colour, const Ink& ink);

// Finds room for labels beside points: the first of some places around the point that meets no earlier label.
class LabelPlacer {
 public:
  explicit LabelPlacer(const QRectF& bounds) : bounds_(bounds) {}
  void keepFree(const QRectF& rect) { taken_.push_back(rect); }
  // The rectangle for `text` near `point`; `away` is the direction in which it should lie, (0, 0) for any.
  QRectF place(const QPointF& point, const QString& text, const QFont& font, QPointF away, double distance);

 private:
  QRectF bounds_;
  std::vector<QRectF> taken_;
};

}  // namespace mtlora::ui
