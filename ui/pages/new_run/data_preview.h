// A file of data before the run: its first rows, how often each label occurs, and the rows that can't be used.
#pragma once

#include <QWidget>

#include "api/api.h"
#include "latest.h"

class QLabel;
class QTabWidget;
class QTableWidget;

namespace mtlora::ui {

class NoteLabel;

class DataPreviewPanel : public QWidget {
  Q_OBJECT
 public:
  explicit DataPreviewPanel(QWidget* parent = nullptr);

  // Reads the training file of these settings on a worker thread; `previewed` or `failed` follows.
  void look(const DataOptions& options);
  const DataPreview& preview() const { return preview_; }
  bool busy() const { return reading_.busy(); }

 Q_SIGNALS:
  void previewed();
  void failed(const Failure& failure);

 private:
  void show();
  void say(const QString& text);
  Latest reading_;
  DataPreview preview_;
  QLabel* line_;  // what was read, or that it is being read
  QTabWidget* tabs_;
  QTableWidget *rows_, *labels_, *problems_;
};

}  // namespace mtlora::ui
