// A line of text with a chevron that shows and hides what stands beneath it.
#pragma once

#include <QToolButton>

namespace mtlora::ui {

class FoldButton : public QToolButton {
  Q_OBJECT
 public:
  explicit FoldButton(QWidget* parent = nullptr);
  bool isOpen() const { return open_; }
  void setOpen(bool open);

 Q_SIGNALS:
  void folded(bool open);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void draw();
  bool open_ = false;
};

}  // namespace mtlora::ui
