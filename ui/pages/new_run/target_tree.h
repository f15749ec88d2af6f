// The model's linear layers with a box each: which of them carry an adapter.
#pragma once

#include <QHash>
#include <QSet>
#include <QWidget>
#include <vector>

#include "target_selection.h"

class QCheckBox;
class QGridLayout;
class QTreeWidget;
class QTreeWidgetItem;

namespace mtlora::ui {

class ElidedLabel;

class TargetTree : public QWidget {
  Q_OBJECT
 public:
  explicit TargetTree(QWidget* parent = nullptr);

  void setModel(const std::vector<LinearInfo>& linears);
  void setSelected(const std::vector<std::string>& modules);  // does not emit `edited`
  const QSet<QString>& selected() const { return selected_; }
  const std::vector<LinearInfo>& linears() const { return linears_; }
  void setParameters(int64_t adapter);  // what these adapters train; −1: not known yet

  // As by a click on its box.
  void select(const QString& module, bool on);
  void selectKind(const QString& kind, bool on);

 Q_SIGNALS:
  void edited();

 private:
  void showSelection();
  void change(const std::function<bool(const LinearInfo&)>& which, bool on);
  std::vector<LinearInfo> linears_;
  QSet<QString> selected_;
  int64_t parameters_ = -1;
  QGridLayout* kindGrid_;
  QHash<QString, QCheckBox*> kinds_;
  QTreeWidget* tree_;
  QHash<QString, QTreeWidgetItem*> items_;
  ElidedLabel* count_;
  bool showing_ = false;
};

}  // namespace mtlora::ui
