// E2E: restaurants' meaning representations and the texts that people wrote for them (Novikova et al. 2017).
#include "data/dialogue_records.h"
#include "text/utf8.h"

namespace mtlora {

std::vector<Dialogue> read_e2e(const nlohmann::json& record) {
  std::string meaning = text_at(record, record.contains("MR") ? "MR" : "mr");
  return {pair_of(std::move(meaning), record.contains("ref") ? text_at(record, "ref") : "")};
}

std::vector<Dialogue> read_e2e_line(std::string_view line) {
  std::string repaired;
  if (valid_utf8(line, repaired).data() != line.data()) throw UnusableRecord{"is not UTF-8"};
  line = stripped(line);
  const size_t bars = line.find("||");
  if (bars == line.npos) throw UnusableRecord{"has no '||' between a meaning and its text"};
  const std::string_view meaning = line.substr(0, bars), text = stripped(line.substr(bars + 2));
  if (text.find("||") != text.npos) throw UnusableRecord{"has more than one '||'"};
  if (stripped(meaning).empty()) throw UnusableRecord{"has no meaning before '||'"};
  if (text.empty()) throw UnusableRecord{"has no text after '||'"};
  return {pair_of(std::string(meaning), std::string(text))};
}

}  // namespace mtlora
