// The queue of a comparison: its order, what is left out, what failed.
#pragma once

#include <QWidget>
#include <memory>

#include "queue_model.h"

class QLabel;
class QPushButton;
class QTableView;

namespace mtlora::ui {

class QueueView : public QWidget {
  Q_OBJECT
 public:
  explicit QueueView(QWidget* parent = nullptr);
  void show(std::shared_ptr<const Comparison> comparison);
  QueueModel* model() const { return model_; }
  QTableView* table() const { return table_; }
  void select(const std::vector<std::string>& ids);

 Q_SIGNALS:
  void queueChanged(const mtlora::Queue& queue);
  void openRequested(const mtlora::Path& folder);
  void tryAgainRequested(const std::vector<mtlora::Path>& folders);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  std::vector<int> selectedRows() const;
  std::vector<std::string> selectedIds() const;
  void move(const std::vector<std::string>& ids, int before);
  void moveBy(int step);
  void skip();
  void updateButtons();
  void contextMenu(const QPoint& position);

  std::shared_ptr<const Comparison> comparison_;
  QueueModel* model_;
  QTableView* table_;
  QLabel* hint_;
  QPushButton *first_, *up_, *down_, *skip_, *again_, *open_;
};

}  // namespace mtlora::ui
