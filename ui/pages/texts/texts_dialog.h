// The texts that a run wrote for its validation or test file: prompt, text, references, in a table to search.
#pragma once

#include <QDialog>

#include "api/api.h"
#include "latest.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QTextEdit;
class QTableView;

namespace mtlora::ui {

class TextsModel;
class TextsFilter;

class TextsDialog : public QDialog {
  Q_OBJECT
 public:
  TextsDialog(const Path& run, const QString& name, QWidget* parent = nullptr);  // reads on a worker thread
  int shownRows() const;
  void setFilter(const QString& words);

 private:
  void showFile(int index);
  void showRow();
  void showCount();
  std::vector<WrittenFile> files_;
  TextsModel* model_;
  TextsFilter* filter_;
  QComboBox* which_;
  QLineEdit* words_;
  QLabel* count_;
  QTableView* table_;
  QTextEdit* whole_;
  Latest reading_;
};

}  // namespace mtlora::ui
