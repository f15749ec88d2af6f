// Compare: variants of a run on several tasks, under several seeds; the queue that trains them, and what it found.
#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <memory>

#include "compare_runner.h"
#include "latest.h"
#include "pages/page.h"
#include "run_data.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QMenu;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTabBar;
class QToolButton;

namespace mtlora::ui {

class Banner;
class CompareForm;
class EmptyState;
class QueueView;
class ResultView;

class ComparePage : public Page {
  Q_OBJECT
 public:
  explicit ComparePage(Studio& studio, QWidget* parent = nullptr);
  ~ComparePage() override;
  QString title() const override { return tr("Compare"); }
  QWidget* actions() override { return actions_; }
  QString missingContent() const override;

  CompareForm* form() const { return form_; }
  QueueView* queue() const { return queue_; }
  ResultView* result() const { return result_; }
  const CompareRunner& runner() const { return runner_; }
  std::shared_ptr<const Comparison> comparison() const;  // that is shown; nullptr: none
  void reload();                                         // the list of comparisons, on a worker thread
  void select(const Path& folder);
  void showQueue();
  void showResult(int task);           // of the plan's tasks; their number: the average
  void exportTo(const QString& path);  // by the ending: csv, md, html, pdf
  // Before the window closes. True: it may; the comparison goes on without it, or there is none. False: it has been
  // told to stop, and runnerEnded comes.
  bool letGo();

 public Q_SLOTS:
  void newComparison();
  void anotherLikeThis();
  void remove();  // into the wastebasket
  void goOn();    // starts it, or ends its pause
  void pause();
  void stop();

 Q_SIGNALS:
  void runnerEnded();

 protected:
  void showEvent(QShowEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  struct Entry {
    Path folder;
    std::shared_ptr<const Comparison> comparison;  // nullptr: it can't be read
    QString problem;
  };
  static Entry read(const Path& folder);
  Entry* entry(const Path& folder);

  QWidget* buildComparison();
  QWidget* buildHead();
  void buildActions();
  QMenu* buildMore();
  void showForm();
  void putBack(const Path& folder, const QString& place);
  void setEntries(std::vector<Entry> entries);
  void take(Entry entry);
  void fillList();
  void poll();
  void pollSoon();
  void showCurrent();
  void showHead();
  void showTab();
  void setQueue(const Queue& queue);
  void start();
  void begin(const Plan& plan);
  void tryAgain(const std::vector<Path>& folders);
  void openRun(const Path& folder);
  void chooseExport(const QString& filter, const QString& ending);
  void copyMarkdown();
  void ended(const QString& problem);
  bool starting() const;
  void fail(const Failure& failure);

  QWidget* actions_ = nullptr;
  QPushButton *new_ = nullptr, *export_ = nullptr, *go_ = nullptr, *stop_ = nullptr;
  Banner* notice_ = nullptr;
  QStackedWidget *stack_ = nullptr, *tabStack_ = nullptr;
  CompareForm* form_ = nullptr;
  QComboBox* list_ = nullptr;
  QProgressBar* progress_ = nullptr;
  QLabel* state_ = nullptr;
  QCheckBox* goesOn_ = nullptr;
  QTabBar* tabs_ = nullptr;
  ResultView* result_ = nullptr;
  QueueView* queue_ = nullptr;
  EmptyState* unreadable_ = nullptr;

  std::vector<Entry> entries_;
  Path current_;
  std::string shownResult_;  // what the tables were filled with
  Path shownTabs_;
  bool loading_ = false, startAfterWriting_ = false;
  CompareRunner runner_;
  Latest reading_, writing_;
  QTimer timer_;
  QElapsedTimer sincePoll_;
  qint64 readingTakes_ = 0;  // ms
};

}  // namespace mtlora::ui
