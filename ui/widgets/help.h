// F1: what the pages are for and which keys do what.
#pragma once

#include <QDialog>

namespace mtlora::ui {

class HelpDialog : public QDialog {
  Q_OBJECT
 public:
  explicit HelpDialog(QWidget* parent = nullptr);
};

}  // namespace mtlora::ui
