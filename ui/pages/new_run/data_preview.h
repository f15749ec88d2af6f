// A file of data before the run: its first rows, how often each label or group occurs, and the rows that can't be used.
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
  const DataPreview& preview() const { return preview_; }          // of a table
  const DialoguePreview& dialogues() const { return dialogues_; }  // of a file whose answers are texts
  bool busy() const { return reading_.busy(); }

 Q_SIGNALS:
  void previewed();
  void failed(const Failure& failure);

 private:
  void showTable();
  void showDialogues();
  void showCounts(const QString& name, const std::vector<std::pair<std::string, int64_t>>& counts);
  void showProblems(const std::vector<RowProblem>& problems);
  void say(const QString& text);
  Latest reading_;
  DataPreview preview_;
  DialoguePreview dialogues_;
  QLabel* line_;  // what was read, or that it is being read
  QTabWidget* tabs_;
  QTableWidget *rows_, *labels_, *problems_;
};

}  // namespace mtlora::ui
