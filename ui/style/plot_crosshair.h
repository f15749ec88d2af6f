// The cross-hair: a line at a step and beside it the values of all series there.
#pragma once

#include <QColor>
#include <QString>
#include <functional>

class QCustomPlot;
class QPainter;

namespace mtlora::ui {

class Marks;

QColor withAlpha(QColor colour, double alpha);

// Paints over the drawn plot, so moving it costs no drawing of curves. `x` goes to the nearest step that has a value;
// NaN or outside the axis: nothing is painted. `readoutX` writes x; without one a number.
void paintCrosshair(const QCustomPlot& plot, const Marks& marks, const std::function<QString(double)>& readoutX,
                    double x, QPainter& painter);

}  // namespace mtlora::ui
