#include "runs_compare.h"

#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QTableWidget>
#include <QVBoxLayout>
#include <map>

#include "config/option_table.h"
#include "pages/live/smoothing.h"
#include "style/plot.h"
#include "style/theme.h"

namespace mtlora::ui {

namespace {

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
  for (Plot* plot : {loss, score})
    plot->setReadoutX([](double x) { return tr("step %1").arg(QLocale().toString(std::llround(x))); });

  auto* box = new QWidget;
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit / 2);
  auto* head = new QLabel(tr("Settings that differ"));
  head->setFont(sectionFont());
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
  settings->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  settings->horizontalHeader()->setMaximumSectionSize(220);
  settings->verticalHeader()->setDefaultSectionSize(gridUnit * 3);
  settings->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  column->addWidget(head);
  column->addWidget(settingsNote_);
  column->addWidget(settings, 1);
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
  runs_ = std::move(runs);
  loss->clearCurves();
  score->clearCurves();
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
    Smoothing smoothing;
    for (const StepDone& done : run->steps) losses->addData(static_cast<double>(done.step), smoothing.next(done.loss));
    QCPGraph* scores = score->addCurve(shown, colour, 1.8, style);
    scores->setScatterStyle(
        QCPScatterStyle(static_cast<QCPScatterStyle::ScatterShape>(QCPScatterStyle::ssDisc + static_cast<int>(nth % 5)),
                        colour, colour, 6));
    for (const EvalDone& eval : run->evals)
      if (const auto value = run->score(eval)) scores->addData(static_cast<double>(eval.step), *value);
  }
  QString title = metric.isEmpty() || !oneMetric ? tr("Score") : metric.replace(u'_', u' ');
  title[0] = title[0].toUpper();
  score->setAxisTitles(tr("Step"), title);
  loss->showAll();
  fillSettings();
}

void RunsCompare::fillSettings() {
  std::vector<const RunConfig*> configs;
  for (const auto& run : runs_) configs.push_back(&run->config);
  const auto rows = configs.size() > 1 ? differingSettings(configs) : std::vector<SettingRow>();
  settings->clear();
  settings->setRowCount(static_cast<int>(rows.size()));
  settings->setColumnCount(rows.empty() ? 0 : static_cast<int>(runs_.size()));
  settings->setVisible(!rows.empty());
  settingsNote_->setVisible(rows.empty());
  settingsNote_->setText(configs.size() < 2
                             ? tr("Select two or more runs: the settings in which they differ stand here.")
                             : tr("The selected runs have the same settings."));
  QStringList labels;
  for (size_t i = 0; i < rows.size(); ++i) {
    labels << rows[i].label;
    for (size_t j = 0; j < rows[i].values.size(); ++j) {
      auto* item = new QTableWidgetItem(rows[i].values[j]);
      item->setToolTip(rows[i].values[j]);
      settings->setItem(static_cast<int>(i), static_cast<int>(j), item);
    }
  }
  settings->setVerticalHeaderLabels(labels);
  for (size_t j = 0; j < runs_.size() && !rows.empty(); ++j) {
    auto* item = new QTableWidgetItem(runs_[j]->name);
    item->setToolTip(runs_[j]->name);
    settings->setHorizontalHeaderItem(static_cast<int>(j), item);
  }
  settings->resizeColumnsToContents();
}

}  // namespace mtlora::ui
