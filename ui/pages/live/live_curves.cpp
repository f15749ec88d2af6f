#include "live_curves.h"

#include <QApplication>
#include <QLocale>

#include "style/plot.h"
#include "style/theme.h"

namespace mtlora::ui {

namespace {

QColor faint(QColor colour) {
  colour.setAlphaF(0.45f);
  return colour;
}

Plot* newPlot(const QString& name, const QString& empty) {
  auto* plot = new Plot;
  plot->setAccessibleName(name);
  plot->setEmptyText(empty);
  return plot;
}

}  // namespace

LiveCurves::LiveCurves(QWidget* parent) : QSplitter(Qt::Vertical, parent) {
  setObjectName(QStringLiteral("liveCurves"));
  loss = newPlot(tr("Loss"), tr("The training loss stands here from the first logged step on."));
  score = newPlot(tr("Score"), tr("The scores on the validation rows stand here after the first evaluation."));
  rate = newPlot(tr("Learning rate"), tr("The learning rate stands here from the first logged step on."));
  gradient = newPlot(tr("Gradient norm"), tr("The gradient norm stands here from the first logged step on."));
  auto* small = new QSplitter(Qt::Horizontal);
  small->setObjectName(QStringLiteral("liveSmallCurves"));
  small->addWidget(rate);
  small->addWidget(gradient);
  addWidget(loss);
  addWidget(score);
  addWidget(small);
  setStretchFactor(0, 5);
  setStretchFactor(1, 4);
  setStretchFactor(2, 3);
  for (QSplitter* splitter : {static_cast<QSplitter*>(this), small}) {
    splitter->setHandleWidth(gridUnit);
    splitter->setChildrenCollapsible(false);
  }
  Plot::link({loss, score, rate, gradient});
  for (Plot* plot : {loss, score, rate, gradient})
    plot->setReadoutX([this](double x) {
      const QLocale locale;
      switch (axis_) {
        case Axis::Step: return tr("step %1").arg(locale.toString(std::llround(x)));
        case Axis::Epoch: return tr("epoch %1").arg(locale.toString(x, 'f', 2));
        case Axis::Time: break;
      }
      return durationText(x * timeUnit_);
    });
}

void LiveCurves::setRun(const RunData* run) {
  run_ = run;
  rebuild();
  for (Plot* plot : {loss, score, rate, gradient}) plot->showAll();
}

void LiveCurves::setAxis(Axis axis) {
  axis_ = axis;
  rebuild();
  loss->showAll();
}

void LiveCurves::setLogLoss(bool on) { loss->setLogY(on); }

void LiveCurves::setScore(const QString& metric) {
  if (metric == score_) return;
  score_ = metric;
  rebuild();
  score->showAll();
}

QStringList LiveCurves::scores() const {
  QStringList names;
  if (!run_ || run_->evals.empty()) return names;
  for (const auto& [name, value] : run_->evals.back().scores) names << QString::fromStdString(name);
  if (names.removeOne(run_->metric())) names.prepend(run_->metric());
  return names;
}

// A run without the chosen one shows its own.
QString LiveCurves::shownScore() const {
  return score_.isEmpty() || !scores().contains(score_) ? run_->metric() : score_;
}

void LiveCurves::restyle() { rebuild(); }

void LiveCurves::setTitles() {
  const QString x = axis_ == Axis::Step    ? tr("Step")
                    : axis_ == Axis::Epoch ? tr("Epoch")
                    : timeUnit_ == 1       ? tr("Time (s)")
                    : timeUnit_ == 60      ? tr("Time (min)")
                                           : tr("Time (h)");
  const QString metric = run_ ? shownScore() : QString();
  loss->setAxisTitles(x, tr("Loss"));
  const QString title = scoreTitle(metric);
  score->setAxisTitles(x, metric.isEmpty() || metric == QLatin1String("loss") ? tr("Score")
                          : lowerIsBetter(metric) ? tr("%1 ↓", "smaller is better").arg(title)
                                                  : title);
  rate->setAxisTitles(x, tr("Learning rate"));
  gradient->setAxisTitles(x, tr("Gradient norm"));
}

double LiveCurves::xOf(int64_t step, double epoch) const {
  switch (axis_) {
    case Axis::Step: return static_cast<double>(step);
    case Axis::Epoch: return epoch;
    case Axis::Time: break;
  }
  return run_->secondsAt(step) / timeUnit_;
}

void LiveCurves::rebuild() {
  for (Plot* plot : {loss, score, rate, gradient}) plot->clearCurves();
  steps_ = evals_ = log_ = 0;
  lastStep_ = 0;
  smoothing_ = {};
  scores_.clear();
  timeUnit_ = 1;
  if (run_ && !run_->times.empty()) {
    const double longest = run_->times.back().second;
    timeUnit_ = longest > 3 * 3600 ? 3600 : longest > 180 ? 60 : 1;
  }
  setTitles();
  if (run_) {
    const QColor colour = methodColour(QString::fromStdString(run_->config.adapter.method));
    const QColor text = QApplication::palette().color(QPalette::WindowText);
    raw_ = loss->addCurve(tr("logged"), faint(colour), 1.2);
    smooth_ = loss->addCurve(tr("smoothed (exponential 0.6, debiased)"), colour, 2.2);
    evalLoss_ = loss->addCurve(tr("evaluation"), text, 1.2, Qt::DashLine);
    evalLoss_->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, text, palette().color(QPalette::Base), 6));
    rateCurve_ = rate->addCurve(QString(), colour, 1.6);
    gradientCurve_ = gradient->addCurve(QString(), colour, 1.2);
    update(*run_);
  }
  for (Plot* plot : {loss, score, rate, gradient}) plot->refresh();
}

void LiveCurves::update(const RunData& run) {
  if (&run != run_) {
    setRun(&run);
    return;
  }
  // A resumed run has lost its last points; an axis in minutes does no more for a run of hours.
  const double seconds = run.times.empty() ? 0 : run.times.back().second;
  const double unit = seconds > 3 * 3600 ? 3600 : seconds > 180 ? 60 : 1;
  const bool rewound = run.steps.size() < steps_ || run.evals.size() < evals_ || run.log.size() < log_ ||
                       (steps_ > 0 && run.steps[steps_ - 1].step != lastStep_);
  if (rewound || (axis_ == Axis::Time && unit != timeUnit_)) {
    rebuild();
    return;
  }

  for (; steps_ < run.steps.size(); ++steps_) {
    const StepDone& done = run.steps[steps_];
    const double x = xOf(done.step, done.epoch);
    raw_->addData(x, done.loss);
    smooth_->addData(x, smoothing_.next(done.loss));
    rateCurve_->addData(x, done.learning_rate);
    gradientCurve_->addData(x, done.grad_norm);
    lastStep_ = done.step;
  }

  const QString metric = shownScore();
  for (; evals_ < run.evals.size(); ++evals_) {
    const EvalDone& eval = run.evals[evals_];
    const double x = xOf(eval.step, eval.epoch);
    evalLoss_->addData(x, eval.eval_loss);
    for (const auto& [name, value] : eval.scores) {
      // Scores of other scales would press the curve flat; they can be chosen.
      if (scoreScale(QString::fromStdString(name)) != scoreScale(metric)) continue;
      QCPGraph*& curve = scores_[name];
      if (!curve) {
        const bool chosen = name == metric.toStdString();
        const QColor colour = chosen ? methodColour(QString::fromStdString(run.config.adapter.method))
                                     : QApplication::palette().color(QPalette::PlaceholderText);
        static constexpr Qt::PenStyle others[] = {Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
        curve = score->addCurve(scoreTitle(QString::fromStdString(name)), colour, chosen ? 2 : 1.2,
                                chosen ? Qt::SolidLine : others[scores_.size() % 3]);
        curve->setScatterStyle(QCPScatterStyle(chosen ? QCPScatterStyle::ssDisc : QCPScatterStyle::ssCircle, colour,
                                               palette().color(QPalette::Base), 6));
      }
      curve->addData(x, value);
    }
    setTitles();
  }

  if (log_ != run.log.size()) {
    QVector<double> evaluations, checkpoints, changes;
    const auto place = [&](int64_t step) { return xOf(step, run.epochAt(step)); };
    for (const EvalDone& eval : run.evals) evaluations.append(xOf(eval.step, eval.epoch));
    for (const CheckpointSaved& saved : run.checkpoints) checkpoints.append(place(saved.step));
    for (const Event& event : run.log)
      if (const auto* taken = std::get_if<CommandTaken>(&event.body); taken && taken->command == "set_learning_rate")
        changes.append(place(taken->step));
    const QColor text = QApplication::palette().color(QPalette::WindowText);
    const QColor secondary = QApplication::palette().color(QPalette::PlaceholderText);
    if (const auto best = run.best()) score->setMarks({place(best->first)}, tr("best"), accent());
    loss->setMarks(evaluations, tr("evaluation"), secondary);
    loss->setMarks(checkpoints, tr("checkpoint"), accent());
    loss->setMarks(changes, tr("rate changed"), text);
    rate->setMarks({}, tr("evaluation"), secondary);
    rate->setMarks({}, tr("checkpoint"), accent());
    rate->setMarks(changes, tr("rate changed"), text);
    log_ = run.log.size();
  }
  for (Plot* plot : {loss, score, rate, gradient}) plot->refresh();
}

QString LiveCurves::missingContent() const {
  if (!raw_ || raw_->data()->size() < 2 || smooth_->data()->size() != raw_->data()->size())
    return tr("the loss curve has no points");
  if (rateCurve_->data()->size() < 2 || gradientCurve_->data()->size() < 2)
    return tr("the curves of the rate and the gradient norm have no points");
  if (scores_.empty()) return tr("no evaluation is drawn");
  return {};
}

}  // namespace mtlora::ui
