// What is known of the chosen model: its sizes and its licence, or, where it does not open, what each of its parts
// lacks.
#pragma once

#include <QFrame>

#include "api/api.h"
#include "latest.h"

class QGridLayout;
class QLabel;

namespace mtlora::ui {

class ModelSheet : public QFrame {
  Q_OBJECT
 public:
  explicit ModelSheet(QWidget* parent = nullptr);

  void show(const ModelInfo& model);
  // Looks, on a worker thread, at what is wrong with it.
  void explain(const QString& nameOrPath);
  QString text() const;  // all of its words, for tests

 private:
  void clear();
  void addRow(const QString& mark, const QString& what, const QString& text, bool problem);

  QLabel *title_, *facts_, *licence_;
  QWidget* parts_;
  QGridLayout* grid_;
  Latest looking_;
};

}  // namespace mtlora::ui
