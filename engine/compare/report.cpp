#include "compare/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

namespace mtlora {

namespace {

std::string number(double value, int decimals, bool sign = false) {
  if (!std::isfinite(value)) return "–";
  char text[64];
  std::snprintf(text, sizeof text, sign ? "%+.*f" : "%.*f", decimals, value);
  std::string result = text;
  if (result.starts_with('-')) result.replace(0, 1, "−");
  return result;
}

std::string seconds_text(double seconds) {
  if (seconds < 60) return number(seconds, 1) + " s";
  const long whole = std::lround(seconds);
  char text[32];
  std::snprintf(text, sizeof text, "%ld:%02ld min", whole / 60, whole % 60);
  return text;
}

std::string metric_title(const ComparedVariant& row) {
  if (row.metric.empty()) return "score";
  if (row.task.empty()) return "average × 100";
  std::string name = row.metric;
  const bool test = name.starts_with("test_");
  if (test) name = name.substr(5);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name + (row.scale == 100 ? " × 100" : "") + (test ? ", test" : ", validation");
}

std::string choice_text(const Settings& choice) {
  std::string text;
  for (const auto& [key, value] : choice) {
    text += (text.empty() ? "" : ", ") + key.substr(key.find('.') + 1) + " " + value.dump();
  }
  return text;
}

std::string verdict_text(const Plan& plan, const ComparedVariant& row) {
  return row.variant == plan.reference ? "reference" : verdict_of(row);
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c;
    }
  }
  return result;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string csv_number(double value) {
  if (!std::isfinite(value)) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

bool has_choices(const std::vector<ComparedVariant>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const ComparedVariant& row) { return !row.choice.empty(); });
}

// The cells of a row as people read them; a header where `row` is null.
std::vector<std::string> cells(const Plan& plan, const ComparedVariant* row, const std::string& score_title,
                               bool choices) {
  std::vector<std::string> list;
  if (!row) {
    list = {"variant", score_title,  "minus " + plan.reference, "", "trained parameters", "time", "peak memory",
            "T turns", "T stretches"};
    if (choices) list.insert(list.begin() + 1, "chosen");
    return list;
  }
  list = {row->variant,
          spread_text(row->score) + (row->score.count < row->planned ? " (" + std::to_string(row->score.count) +
                                                                           " of " + std::to_string(row->planned) + ")"
                                                                     : ""),
          row->to_reference ? difference_text(*row->to_reference) : "",
          verdict_text(plan, *row),
          row->score.count > 0 ? std::to_string(row->trainable_parameters) : "–",
          row->score.count > 0 ? seconds_text(row->seconds) : "–",
          row->score.count > 0 ? number(row->peak_mib, 0) + " MiB" : "–",
          std::isfinite(row->rotation_degrees) ? number(row->rotation_degrees, 1) + "°" : "–",
          std::isfinite(row->condition) ? number(row->condition, row->condition < 100 ? 2 : 0) + " ×" : "–"};
  if (choices) list.insert(list.begin() + 1, choice_text(row->choice));
  return list;
}

void for_each_task(const Plan& plan, const std::vector<ComparedVariant>& rows,
                   const std::function<void(const std::string& task, const std::vector<ComparedVariant>&)>& visit) {
  const auto rows_of = [&](const std::string& task) {
    std::vector<ComparedVariant> of_task;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(of_task),
                 [&](const ComparedVariant& row) { return row.task == task; });
    return of_task;
  };
  for (const NamedSettings& task : plan.tasks) visit(task.name, rows_of(task.name));
  const std::vector<ComparedVariant> average = rows_of("");
  if (std::any_of(average.begin(), average.end(), [](const ComparedVariant& row) { return row.score.count > 0; })) {
    visit("Average of " + std::to_string(plan.tasks.size()) + " tasks", average);
  }
}

std::string title_of_scores(const std::vector<ComparedVariant>& of_task) {
  for (const ComparedVariant& row : of_task) {
    if (row.score.count > 0) return metric_title(row);
  }
  return "score";
}

std::string explanation(const Plan& plan) {
  std::string text = "Mean ± standard deviation over the seeds. The difference to " + plan.reference +
                     " is paired by seed, with its 95 % interval from the paired t distribution (not corrected for "
                     "several comparisons); where the interval crosses zero the two are not told apart. Time and "
                     "memory are means of whole runs. T turns: the mean rotation angle of K, the matrix by which T "
                     "moves the adapter's singular vectors; T stretches: K's condition number (1 × is none).";
  if (plan.tasks.size() > 1) text += " The average is each seed's mean over the tasks; its time is their sum.";
  if (!plan.choose.empty()) {
    text += " The values in the column chosen were chosen on other seeds than those that are reported.";
  }
  return text;
}

// The differences to the reference as points with whiskers.
std::string picture_of_differences(const std::vector<ComparedVariant>& of_task) {
  double reach = 0;
  std::vector<const ComparedVariant*> shown;
  for (const ComparedVariant& row : of_task) {
    if (!row.to_reference || row.to_reference->pairs < 2) continue;
    shown.push_back(&row);
    reach = std::max({reach, std::abs(row.to_reference->low), std::abs(row.to_reference->high)});
  }
  if (shown.empty() || reach <= 0) return "";
  const double width = 640, left = 180, height = 26.0 * static_cast<double>(shown.size()) + 34;
  const auto x = [&](double value) { return left + (value / reach * 0.95 + 1) / 2 * (width - left - 20); };
  std::string svg = "<svg viewBox=\"0 0 640 " + number(height, 0) + "\" width=\"640\" role=\"img\">";
  svg += "<line x1=\"" + number(x(0), 1) + "\" x2=\"" + number(x(0), 1) + "\" y1=\"4\" y2=\"" + number(height - 26, 0) +
         "\" stroke=\"#888\" stroke-dasharray=\"3 3\"/>";
  double y = 18;
  for (const ComparedVariant* row : shown) {
    const Difference& d = *row->to_reference;
    const std::string colour = d.is_clear() ? "#0072B2" : "#8a8f98";
    const auto coordinate = [&](double value) {
      std::string text = number(x(value), 1);
      return text;
    };
    svg += "<text x=\"" + number(left - 12, 0) + "\" y=\"" + number(y + 4, 0) + "\" text-anchor=\"end\">" +
           escaped(row->variant) + "</text><line x1=\"" + coordinate(d.low) + "\" x2=\"" + coordinate(d.high) +
           "\" y1=\"" + number(y, 0) + "\" y2=\"" + number(y, 0) + "\" stroke=\"" + colour +
           "\" stroke-width=\"2\"/><circle cx=\"" + coordinate(d.mean) + "\" cy=\"" + number(y, 0) +
           "\" r=\"4\" fill=\"" + colour + "\"/>";
    y += 26;
  }
  for (const double value : {-reach * 0.9, 0.0, reach * 0.9}) {
    svg += "<text x=\"" + number(x(value), 1) + "\" y=\"" + number(height - 8, 0) +
           "\" text-anchor=\"middle\" class=\"axis\">" + number(value, 2, true) + "</text>";
  }
  return svg + "</svg>";
}

// Each run's score against how far its T turned.
std::string picture_of_turning(const std::string& task, const std::vector<ComparedRun>& runs) {
  std::vector<const ComparedRun*> shown;
  for (const ComparedRun& run : runs) {
    if (run.run.is_reported && run.run.task == task && run.score && std::isfinite(run.rotation_degrees) &&
        run.rotation_degrees > 0) {
      shown.push_back(&run);
    }
  }
  if (shown.size() < 2) return "";
  const auto by_turn = [](const ComparedRun* a, const ComparedRun* b) {
    return a->rotation_degrees < b->rotation_degrees;
  };
  const auto by_score = [](const ComparedRun* a, const ComparedRun* b) { return *a->score < *b->score; };
  const auto [least_turn, most_turn] = std::minmax_element(shown.begin(), shown.end(), by_turn);
  const auto [least, most] = std::minmax_element(shown.begin(), shown.end(), by_score);
  const double x0 = (*least_turn)->rotation_degrees, x1 = (*most_turn)->rotation_degrees;
  const double y0 = *(*least)->score, y1 = *(*most)->score;
  const auto place = [](double value, double from, double to, double begin, double end) {
    return to > from ? begin + (value - from) / (to - from) * (end - begin) : (begin + end) / 2;
  };
  const char* colours[] = {"#0072B2", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#5F6B7A", "#56B4E9", "#000000"};
  std::vector<std::string> names;
  std::string svg =
      "<svg viewBox=\"0 0 640 300\" width=\"640\" role=\"img\">"
      "<line x1=\"60\" x2=\"440\" y1=\"260\" y2=\"260\" stroke=\"#bbb\"/>"
      "<line x1=\"60\" x2=\"60\" y1=\"20\" y2=\"260\" stroke=\"#bbb\"/>";
  for (const ComparedRun* run : shown) {
    auto found = std::find(names.begin(), names.end(), run->run.variant);
    if (found == names.end()) found = names.insert(names.end(), run->run.variant);
    const auto index = static_cast<size_t>(found - names.begin());
    svg += "<circle cx=\"" + number(place(run->rotation_degrees, x0, x1, 75, 425), 1) + "\" cy=\"" +
           number(place(*run->score, y0, y1, 245, 35), 1) + "\" r=\"4\" fill=\"" + colours[index % 8] +
           "\" fill-opacity=\"0.8\"/>";
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string y = number(30 + 20 * static_cast<double>(i), 0);
    svg += "<circle cx=\"460\" cy=\"" + y + "\" r=\"4\" fill=\"" + colours[i % 8] + "\"/><text x=\"472\" y=\"" +
           number(34 + 20 * static_cast<double>(i), 0) + "\">" + escaped(names[i]) + "</text>";
  }
  svg += "<text x=\"75\" y=\"278\" class=\"axis\" text-anchor=\"middle\">" + number(x0, 1) +
         "°</text><text x=\"425\" y=\"278\" class=\"axis\" text-anchor=\"middle\">" + number(x1, 1) +
         "°</text><text x=\"250\" y=\"294\" class=\"axis\" text-anchor=\"middle\">mean rotation of T (K)</text>"
         "<text x=\"54\" y=\"249\" class=\"axis\" text-anchor=\"end\">" +
         number(y0, 3) + "</text><text x=\"54\" y=\"39\" class=\"axis\" text-anchor=\"end\">" + number(y1, 3) +
         "</text>";
  return svg + "</svg>";
}

}  // namespace

std::string spread_text(const Spread& spread) {
  if (spread.count == 0) return "–";
  return number(spread.mean, 2) + (spread.count > 1 ? " ± " + number(spread.deviation, 2) : "");
}

std::string difference_text(const Difference& difference) {
  std::string text = number(difference.mean, 2, true);
  if (difference.pairs > 1)
    text += " [" + number(difference.low, 2, true) + ", " + number(difference.high, 2, true) + "]";
  return text;
}

std::string report_csv(const Plan& plan, const std::vector<ComparedVariant>& rows) {
  std::string text = "task,variant,chosen,metric,scale,runs,planned,failed,mean,standard_deviation,pairs," +
                     csv_field("difference_to_" + plan.reference) +
                     ",low_95,high_95,verdict,trainable_parameters,seconds,peak_mib,rotation_degrees,condition\n";
  for (const ComparedVariant& row : rows) {
    const Difference none;
    const Difference& d = row.to_reference ? *row.to_reference : none;
    const auto of_difference = [&](double value) { return row.to_reference ? csv_number(value) : std::string(); };
    const bool any = row.score.count > 0;
    const std::vector<std::string> fields = {row.task.empty() ? "average" : row.task,
                                             row.variant,
                                             choice_text(row.choice),
                                             row.metric,
                                             csv_number(row.scale),
                                             std::to_string(row.score.count),
                                             std::to_string(row.planned),
                                             std::to_string(row.failed),
                                             any ? csv_number(row.score.mean) : "",
                                             any ? csv_number(row.score.deviation) : "",
                                             std::to_string(d.pairs),
                                             of_difference(d.mean),
                                             of_difference(d.low),
                                             of_difference(d.high),
                                             verdict_text(plan, row),
                                             any ? std::to_string(row.trainable_parameters) : "",
                                             any ? csv_number(row.seconds) : "",
                                             any ? csv_number(row.peak_mib) : "",
                                             csv_number(row.rotation_degrees),
                                             csv_number(row.condition)};
    for (size_t i = 0; i < fields.size(); ++i) text += (i ? "," : "") + csv_field(fields[i]);
    text += "\n";
  }
  return text;
}

std::string report_markdown(const Plan& plan, const std::vector<ComparedVariant>& rows) {
  std::string text;
  const bool choices = has_choices(rows);
  for_each_task(plan, rows, [&](const std::string& task, const std::vector<ComparedVariant>& of_task) {
    text += "**" + task + "**\n\n";
    const auto line = [&](const std::vector<std::string>& list) {
      text += "|";
      for (std::string cell : list) {
        for (size_t at = 0; (at = cell.find('|', at)) != std::string::npos; at += 2) cell.replace(at, 1, "\\|");
        text += " " + cell + " |";
      }
      text += "\n";
    };
    const std::vector<std::string> header = cells(plan, nullptr, title_of_scores(of_task), choices);
    line(header);
    line(std::vector<std::string>(header.size(), "---"));
    for (const ComparedVariant& row : of_task) line(cells(plan, &row, "", choices));
    text += "\n";
  });
  return text + explanation(plan) + "\n";
}

std::string report_html(const Plan& plan, const std::vector<ComparedVariant>& rows,
                        const std::vector<ComparedRun>& runs) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escaped(plan.name) +
      "</title><style>body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:40px auto;padding:0 16px;"
      "color:#1c2026}table{border-collapse:collapse;margin:12px 0}th,td{padding:6px 12px;text-align:left;"
      "border-bottom:1px solid #dde1e6;font-variant-numeric:tabular-nums}th{font-weight:600}td.verdict{color:#5F6B7A}"
      "td.clear{color:#0072B2;font-weight:600}svg text{font:12px system-ui,sans-serif;fill:#1c2026}svg text.axis{"
      "fill:#5F6B7A;font-size:11px}p.note{color:#5F6B7A}pre{background:#f4f5f7;padding:12px;overflow:auto;"
      "font-size:12px}</style></head><body><h1>" +
      escaped(plan.name) + "</h1>";
  const bool choices = has_choices(rows);
  for_each_task(plan, rows, [&](const std::string& task, const std::vector<ComparedVariant>& of_task) {
    html += "<h2>" + escaped(task) + "</h2><table><tr>";
    for (const std::string& cell : cells(plan, nullptr, title_of_scores(of_task), choices)) {
      html += "<th>" + escaped(cell) + "</th>";
    }
    html += "</tr>";
    for (const ComparedVariant& row : of_task) {
      html += "<tr>";
      const std::vector<std::string> list = cells(plan, &row, "", choices);
      for (const std::string& cell : list) {
        const bool verdict = cell == verdict_text(plan, row) && &cell != &list[0];
        const bool clear = row.to_reference && row.to_reference->is_clear();
        html += (verdict ? std::string("<td class=\"") + (clear ? "clear" : "verdict") + "\">" : "<td>") +
                escaped(cell) + "</td>";
      }
      html += "</tr>";
    }
    html += "</table>";
    if (const std::string picture = picture_of_differences(of_task); !picture.empty()) {
      html += "<h3>Difference to " + escaped(plan.reference) + "</h3>" + picture;
    }
    if (const std::string picture = picture_of_turning(task, runs); !picture.empty()) {
      html += "<h3>How far T turned, and the score of each run</h3>" + picture;
    }
  });
  html += "<p class=\"note\">" + escaped(explanation(plan)) + "</p>";
  std::string failed;
  for (const ComparedRun& run : runs) {
    if (run.state == ComparedState::Failed) failed += "<li>" + escaped(run.run.id + ": " + run.message) + "</li>";
  }
  if (!failed.empty()) html += "<h2>Runs that failed</h2><ul>" + failed + "</ul>";
  html += "<h2>The plan</h2><pre>" + escaped(to_json(plan).dump(2)) + "</pre></body></html>\n";
  return html;
}

}  // namespace mtlora
