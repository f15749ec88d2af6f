// A plot as a file.
#pragma once

#include <QPixmap>
#include <QString>

namespace mtlora::ui {

class Plot;

// One row a step, one column a curve; empty where a curve has no point there.
QString plotAsCsv(Plot& plot, QChar separator = u',');
QPixmap plotAsPicture(Plot& plot);  // twice the size on screen
// By the ending: png, svg, pdf, csv. False: the ending is unknown or the file not writable.
bool savePlot(Plot& plot, const QString& path);

}  // namespace mtlora::ui
