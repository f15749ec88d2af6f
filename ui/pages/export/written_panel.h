// What an export has written: the files with their sizes, and the lines of Python that load them.
#pragma once

#include <QWidget>

#include "api/api.h"

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QTableWidget;

namespace mtlora::ui {

class WrittenPanel : public QWidget {
  Q_OBJECT
 public:
  explicit WrittenPanel(QWidget* parent = nullptr);
  void setResult(const ExportResult& result, const QString& of);  // of: "banking77-ctcm-1, checkpoint, step 300"
  void clear();
  bool hasResult() const;
  QString python() const;
  int fileCount() const;

 Q_SIGNALS:
  void failed(const QString& message, const QString& hint);

 private:
  Path folder_;
  QStackedWidget* stack_;
  QLabel *of_, *where_;
  QTableWidget* files_;
  QPlainTextEdit* code_;
  QPushButton *reveal_, *copyPath_, *copyCode_;
};

// "1.4 MB", by locale, in powers of 1,000 as file managers show them.
QString bytesText(int64_t bytes);

}  // namespace mtlora::ui
