// A comparison as a table to read or to send.
#pragma once

#include <string>
#include <vector>

#include "compare/results.h"

namespace mtlora {

// A row a variant and task. Numbers in full.
std::string report_csv(const Plan& plan, const std::vector<ComparedVariant>& rows);
// A table a task, in GitHub's Markdown.
std::string report_markdown(const Plan& plan, const std::vector<ComparedVariant>& rows);
// One page that needs nothing else: tables, the differences with their intervals as a picture, how T moved against the
// score, and what was run.
std::string report_html(const Plan& plan, const std::vector<ComparedVariant>& rows,
                        const std::vector<ComparedRun>& runs);

// "88.31 ± 0.42", "+0.71 [−0.12, 1.54]"; "–" where there is nothing.
std::string spread_text(const Spread& spread);
std::string difference_text(const Difference& difference);

}  // namespace mtlora
