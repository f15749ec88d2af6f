// A page of the window: a title, actions at its right, and a body.
#pragma once

#include <QWidget>

namespace mtlora::ui {

class Studio;

class Page : public QWidget {
  Q_OBJECT
 public:
  explicit Page(Studio& studio, QWidget* parent = nullptr) : QWidget(parent), studio_(studio) {}
  virtual QString title() const = 0;
  // Buttons that stand beside the title; owned by the page, or nullptr.
  virtual QWidget* actions() { return nullptr; }
  // What a picture of the page must show to be a good one; "" if it does, else what is missing. For --tour and its
  // test.
  virtual QString missingContent() const = 0;

 protected:
  Studio& studio_;
};

}  // namespace mtlora::ui
