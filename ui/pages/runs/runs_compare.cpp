#include "runs_compare.h"

#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

#include "config/option_table.h"
#include "pages/live/smoothing.h"
#include "style/plot.h"
#include "style/theme.h"

namespace mtlora::ui {

namespace {

constexpr int lineSample = 32;  // px
constexpr Qt::PenStyle styles[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine, Qt::DashDotDotLine};

QString valueText(const nlohmann::json& value) {
  if (value.is_null()) return QStringLiteral("–");
  if (value.is_string())
    return value.get<std::string>().empty() ? QStringLiteral("–") : QString::fromStdString(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? QObject::tr("yes") : QObject::tr("no");
  if (value.is_number_float()) return QLocale().toString(value.get<double>(), 'g', 6);
  if (value.is_array()) {
    QStringList parts;
    for (const nlohmann::json& part : value) parts << valueText(part);
    return parts.isEmpty() ? QStringLiteral("–") : parts.join(QStringLiteral(", "));
  }
  return QString::fromStdString(value.dump());
}

// A piece of the run's line, as a legend shows it.
QIcon lineIconOf(const QPen& pen) {
  QPixmap picture(lineSample * 2, 32);
  picture.setDevicePixelRatio(2);
  picture.fill(Qt::transparent);
  QPainter painter(&picture);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(pen);
  painter.drawLine(QPointF(2, 8), QPointF(lineSample - 2, 8));
  return QIcon(picture);
}

}  // namespace

std::vector<SettingRow> differingSettings(const std::vector<const RunConfig*>& configs) {
  std::vector<SettingRow> rows;
  for (const Option& option : option_table()) {
    if (option.key.rfind("output.", 0) == 0) continue;
    std::vector<nlohmann::json> values;
    for (const RunConfig* config : configs) values.push_back(option.get(*config));
    bool differ = false;
    for (const nlohmann::json& value : values) differ = differ || value != values.front();
    if (!differ) continue;
    SettingRow row{QString::fromStdString(option.label), {}};
    for (const nlohmann::json& value : values) row.values.push_back(valueText(value));
    rows.push_back(std::move(row));
  }
  return rows;
}

RunsCompare::RunsCompare(QWidget* parent) : QSplitter(Qt::Horizontal, parent) {
  setObjectName(QStringLiteral("runsCompare"));
  setHandleWidth(gridUnit);
  setChildrenCollapsible(false);
  loss = new Plot;
  loss->setAccessibleName(tr("Loss of the selected runs"));
  loss->setEmptyText(tr("Select a run to see its loss here, several to lay them over one another."));
  loss->setAxisTitles(tr("Step"), tr("Loss, smoothed"));
  score = new Plot;
  score->setAccessibleName(tr("Score of the selected runs"));
  score->setEmptyText(tr("The scores of the selected runs stand here."));
  score->setAxisTitles(tr("Step"), tr("Score"));
  Plot::link({loss, score});
  for (Plot* plot : {loss, score}) plot->setLegend(false);  // the table beside them is the legend
  for (Plot* plot : {loss, score})
    plot->setReadoutX([](double x) { return tr("step %1").arg(QLocale().toString(std::llround(x))); });

  auto* box = new QWidget;
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit / 2);
  auto* head = new QLabel(tr("Selected runs, and the settings in which they differ"));
  head->setFont(sectionFont());
  head->setWordWrap(true);
  settingsNote_ = new QLabel;
  settingsNote_->setWordWrap(true);
  settingsNote_->setForegroundRole(QPalette::PlaceholderText);
  settings = new QTableWidget;
  settings->setAccessibleName(head->text());
  settings->setEditTriggers(QAbstractItemView::NoEditTriggers);
  settings->setSelectionMode(QAbstractItemView::NoSelection);
  settings->setFocusPolicy(Qt::TabFocus);
  settings->setShowGrid(false);
  settings->setAlternatingRowColors(true);
  settings->setWordWrap(false);
  settings->setTextElideMode(Qt::ElideMiddle);
  settings->setIconSize({lineSample, 16});
  settings->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  settings->horizontalHeader()->setMaximumSectionSize(240);
  settings->verticalHeader()->hide();
  settings->verticalHeader()->setDefaultSectionSize(gridUnit * 7 / 2);
  column->addWidget(head);
  column->addWidget(settings, 1);
  column->addWidget(settingsNote_);
  box->setMinimumWidth(200);
  addWidget(loss);
  addWidget(score);
  addWidget(box);
  setStretchFactor(0, 4);
  setStretchFactor(1, 4);
  setStretchFactor(2, 3);
  setRuns({});
}

void RunsCompare::setRuns(std::vector<std::shared_ptr<const RunData>> runs) {
  // The same runs again, longer: what the person zoomed to stays.
  const bool same = std::equal(runs_.begin(), runs_.end(), runs.begin(), runs.end(),
                               [](const auto& before, const auto& now) { return before->folder == now->folder; });
  runs_ = std::move(runs);
  loss->clearCurves();
  score->clearCurves();
  samples_.clear();
  std::map<QString, size_t> ofMethod;
  QString metric;
  bool oneMetric = true;
  for (const auto& run : runs_) {
    if (run->metric().isEmpty()) continue;
    if (metric.isEmpty()) metric = run->metric();
    oneMetric = oneMetric && metric == run->metric();
  }
  for (const auto& run : runs_) {
    const QString method = QString::fromStdString(run->config.adapter.method);
    const size_t nth = ofMethod[method]++;
    const QColor colour = methodColour(method);
    const Qt::PenStyle style = styles[nth % std::size(styles)];
    const QString shown =
        run->name.size() > 40 ? run->name.left(19) + QStringLiteral("…") + run->name.right(20) : run->name;
    QCPGraph* losses = loss->addCurve(shown, colour, 1.8, style);
    samples_.append(lineIconOf(QPen(colour, 2.4, style)));
    Smoothing smoothing;
    for (const StepDone& done : run->steps) losses->addData(static_cast<double>(done.step), smoothing.next(done.loss));
    QCPGraph* scores = score->addCurve(shown, colour, 1.8, style);
    scores->setScatterStyle(
        QCPScatterStyle(static_cast<QCPScatterStyle::ScatterShape>(QCPScatterStyle::ssDisc + static_cast<int>(nth % 5)),
                        colour, colour, 6));
    for (const EvalDone& eval : run->evals)
      if (const auto value = run->score(eval)) scores->addData(static_cast<double>(eval.step), *value);
  }
  QString title = metric.isEmpty() || !oneMetric ? tr("Score") : scoreTitle(metric);
  if (oneMetric && lowerIsBetter(metric)) title = tr("%1 ↓", "smaller is better").arg(title);
  score->setAxisTitles(tr("Step"), title);
  if (same) {
    loss->refresh();
    score->refresh();
  } else {
    loss->showAll();
  }
  fillSettings();
}

void RunsCompare::fillSettings() {
  std::vector<const RunConfig*> configs;
  for (const auto& run : runs_) configs.push_back(&run->config);
  const auto differing = configs.size() > 1 ? differingSettings(configs) : std::vector<SettingRow>();
  settings->clear();
  settings->setRowCount(static_cast<int>(runs_.size()));
  settings->setColumnCount(1 + static_cast<int>(differing.size()));
  QStringList titles = {tr("Run")};
  const auto cell = [&](size_t row, size_t column, const QString& text) {
    auto* item = new QTableWidgetItem(text);
    item->setToolTip(text);
    settings->setItem(static_cast<int>(row), static_cast<int>(column), item);
    return item;
  };
  for (size_t i = 0; i < runs_.size(); ++i) cell(i, 0, runs_[i]->name)->setIcon(samples_[i]);
  for (size_t j = 0; j < differing.size(); ++j) {
    titles << differing[j].label;
    for (size_t i = 0; i < runs_.size(); ++i) cell(i, j + 1, differing[j].values[i]);
  }
  settings->setHorizontalHeaderLabels(titles);
  settings->resizeColumnsToContents();
  settings->horizontalHeader()->setStretchLastSection(settings->columnCount() > 1);
  settings->setVisible(!runs_.empty());
  settingsNote_->setVisible(differing.empty());
  settingsNote_->setAlignment(runs_.empty() ? Qt::AlignCenter : Qt::AlignLeft);
  settingsNote_->setSizePolicy(QSizePolicy::Preferred, runs_.empty() ? QSizePolicy::Expanding : QSizePolicy::Maximum);
  settingsNote_->setText(configs.size() < 2 ? tr("Select two or more runs to see in which settings they differ.")
                                            : tr("The selected runs have the same settings."));
}

}  // namespace mtlora::ui
