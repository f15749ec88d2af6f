// A plot as a file.
#pragma once

#include <QString>

namespace mtlora::ui {

class Plot;

// One row a step, one column a curve; empty where a curve has no point there.
QString plotAsCsv(Plot& plot, QChar separator = u',');
// By the ending: png (twice the size on screen), svg, pdf, csv. False: the ending is unknown or the file not writable.
bool savePlot(Plot& plot, const QString& path);

}  // namespace mtlora::ui
