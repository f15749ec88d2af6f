#include "eval/text_metrics/longest_match.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "text/utf8.h"

namespace mtlora {

namespace {

// -1 where the transition is not known yet: a state's number, or kDead.
constexpr int kUnknown = -1, kDead = -2;

// Of the first plane alone.
bool is_of(char32_t c, uint32_t categories) {
  return c < 0x10000 && (U_GET_GC_MASK(static_cast<UChar32>(c)) & categories) != 0;
}
bool is_any(char32_t) { return true; }
bool is_scanned_letter(char32_t c) { return is_of(c, U_GC_L_MASK); }
bool is_scanned_digit(char32_t c) { return is_of(c, U_GC_ND_MASK); }

bool is_ascii_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

bool LongestMatch::Class::has(char32_t c) const {
  if (test) return test(c);
  const bool found =
      std::ranges::any_of(ranges, [c](const auto& range) { return c >= range.first && c <= range.second; });
  return found != negated;
}

// Thompson's construction ("Regular expression search algorithm", 1968), by recursive descent.
class LongestMatch::Parser {
 public:
  Parser(LongestMatch& into, const Names& names, std::string_view expression) : into_(into), names_(names) {
    for (const char* at = expression.data(); at < expression.data() + expression.size();) text_ += next_code_point(at);
  }

  Part whole() {
    const Part part = alternatives();
    if (at_ < text_.size()) fail("an unexpected )");
    return part;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::Internal, what + " in a rule's expression, at character " + std::to_string(at_));
  }
  bool ends() const { return at_ == text_.size(); }
  char32_t take() {
    if (ends()) fail("an end");
    return text_[at_++];
  }
  bool take_if(char32_t c) {
    if (ends() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Part of_class(Class character_class) {
    into_.classes_.push_back(std::move(character_class));
    const int last = into_.add_node({});
    return {into_.add_node({static_cast<int>(into_.classes_.size()) - 1, last}), last};
  }
  Part joined(Part a, Part b) {
    into_.nodes_[static_cast<size_t>(a.last)].next = b.first;
    return {a.first, b.last};
  }
  Part either(Part a, Part b) {
    const int last = into_.add_node({}), first = into_.add_node({kNone, a.first, b.first});
    into_.nodes_[static_cast<size_t>(a.last)].next = last;
    into_.nodes_[static_cast<size_t>(b.last)].next = last;
    return {first, last};
  }
  Part nothing() {
    const int node = into_.add_node({});
    return {node, node};
  }
  Part any_number(Part a) {
    const int last = into_.add_node({}), first = into_.add_node({kNone, a.first, last});
    into_.nodes_[static_cast<size_t>(a.last)].next = first;
    return {first, last};
  }

  Part alternatives() {
    Part part = sequence();
    while (take_if('|')) part = either(part, sequence());
    return part;
  }

  Part sequence() {
    Part part = nothing();
    while (!ends() && text_[at_] != '|' && text_[at_] != ')') part = joined(part, repeated());
    return part;
  }

  Part repeated() {
    const size_t begin = at_;
    Part part = atom();
    // One more of it: read again, since each stands in the automaton by itself.
    const auto again = [this, begin] {
      const size_t behind = std::exchange(at_, begin);
      const Part copy = atom();
      at_ = behind;
      return copy;
    };
    if (take_if('*')) return any_number(part);
    if (take_if('?')) return either(part, nothing());
    if (take_if('+')) return joined(part, any_number(again()));
    if (at_ + 1 >= text_.size() || text_[at_] != '{' || !is_ascii_digit(text_[at_ + 1])) return part;
    take();
    const size_t least = number();
    if (!take_if(',')) fail("no comma between the numbers of a repetition");
    const size_t most = number();
    if (!take_if('}')) fail("no } behind the numbers of a repetition");
    if (least == 0) part = either(part, nothing());
    for (size_t count = 1; count < most; ++count) {
      part = joined(part, count < least ? again() : either(again(), nothing()));
    }
    return part;
  }

  size_t number() {
    size_t value = 0;
    while (!ends() && is_ascii_digit(text_[at_])) value = 10 * value + (take() - '0');
    return value;
  }

  Part atom() {
    const char32_t c = take();
    if (c == '(') {
      const Part part = alternatives();
      if (!take_if(')')) fail("no )");
      return part;
    }
    if (c == '[') return of_class(set());
    if (c == '{') return named();
    const char32_t literal = c == '\\' ? take() : c;
    Class one{{{literal, literal}}};
    if (is_ascii_letter(literal)) one.ranges.emplace_back(literal ^ 0x20, literal ^ 0x20);
    return of_class(std::move(one));
  }

  Class set() {
    Class result;
    result.negated = take_if('^');
    while (!take_if(']')) {
      const auto member = [this] { return take_if('\\') ? take() : take(); };
      const char32_t first = member();
      const bool is_range = at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
      if (is_range) take();
      result.ranges.emplace_back(first, is_range ? member() : first);
    }
    return result;
  }

  Part named() {
    std::string name;
    for (char32_t c = take(); c != '}'; c = take()) append_utf8(c, name);
    static const std::map<std::string, bool (*)(char32_t)> classes = {
        {"any", is_any}, {"letter", is_scanned_letter}, {"digit", is_scanned_digit}};
    if (const auto found = classes.find(name); found != classes.end()) return of_class({{}, false, found->second});
    const auto found = names_.find(name);
    if (found == names_.end()) fail("no expression {" + name + "}");
    return Parser(into_, names_, found->second).whole();
  }

  LongestMatch& into_;
  const Names& names_;
  std::u32string text_;
  size_t at_ = 0;
};

LongestMatch::LongestMatch(const std::vector<ScanRule>& rules, const Names& names) {
  std::vector<int> firsts;
  const auto alone = [&](const std::string& expression) {
    const Part part = Parser(*this, names, expression).whole();
    nodes_[static_cast<size_t>(part.last)].rule = 0;
    return state_of({part.first});
  };
  for (const ScanRule& rule : rules) {
    const Part part = Parser(*this, names, "(" + rule.expression + ")(" + rule.followed_by + ")").whole();
    nodes_[static_cast<size_t>(part.last)].rule = static_cast<int>(firsts.size());
    firsts.push_back(part.first);
    halves_.emplace_back(kNone, kNone);
    if (!rule.followed_by.empty()) halves_.back() = {alone(rule.expression), alone(rule.followed_by)};
  }
  start_ = state_of(std::move(firsts));
}

int LongestMatch::add_node(Node node) {
  nodes_.push_back(node);
  return static_cast<int>(nodes_.size()) - 1;
}

int LongestMatch::state_of(std::vector<int> from) {
  std::vector<int> nodes;
  std::vector<bool> seen(nodes_.size(), false);
  int rule = kNone;
  while (!from.empty()) {
    const int number = from.back();
    from.pop_back();
    if (number == kNone || seen[static_cast<size_t>(number)]) continue;
    seen[static_cast<size_t>(number)] = true;
    const Node& node = nodes_[static_cast<size_t>(number)];
    if (node.rule != kNone) {
      rule = rule == kNone ? node.rule : std::min(rule, node.rule);
      nodes.push_back(number);
    } else if (node.character_class != kNone) {
      nodes.push_back(number);
    } else {
      from.insert(from.end(), {node.next, node.other});
    }
  }
  if (nodes.empty()) return kDead;
  std::ranges::sort(nodes);
  const auto [found, is_new] = state_numbers_.try_emplace(std::move(nodes), static_cast<int>(states_.size()));
  if (is_new) {
    states_.push_back({found->first, rule, {}, {}});
    states_.back().ascii.fill(kUnknown);
  }
  return found->second;
}

int LongestMatch::next_state(int number, char32_t c) {
  const State& state = states_[static_cast<size_t>(number)];
  if (c < 128) {
    if (const int known = state.ascii[c]; known != kUnknown) return known;
  } else if (const auto known = state.others.find(c); known != state.others.end()) {
    return known->second;
  }
  std::vector<int> reached;
  for (const int at : state.nodes) {
    const Node& node = nodes_[static_cast<size_t>(at)];
    if (node.character_class != kNone && classes_[static_cast<size_t>(node.character_class)].has(c)) {
      reached.push_back(node.next);
    }
  }
  const int next = state_of(std::move(reached));
  State& from = states_[static_cast<size_t>(number)];
  (c < 128 ? from.ascii[c] : from.others[c]) = next;
  return next;
}

bool LongestMatch::matches_whole(int state, std::u32string_view text) {
  for (size_t i = 0; i < text.size() && state != kDead; ++i) state = next_state(state, text[i]);
  return state != kDead && states_[static_cast<size_t>(state)].rule != kNone;
}

LongestMatch::Match LongestMatch::at(std::u32string_view text, size_t begin) {
  Match best;
  int state = start_;
  for (size_t end = begin; end < text.size();) {
    state = next_state(state, text[end++]);
    if (state == kDead) break;
    const int rule = states_[static_cast<size_t>(state)].rule;
    if (rule != kNone) best = {static_cast<size_t>(rule), end - begin};
  }
  if (best.length == 0) return best;
  const auto [expression, followed_by] = halves_[best.rule];
  if (expression == kNone) return best;
  // The longest that is the expression and leaves what may follow it.
  const size_t end = begin + best.length;
  while (best.length > 0 &&
         !(matches_whole(expression, text.substr(begin, best.length)) &&
           matches_whole(followed_by, text.substr(begin + best.length, end - begin - best.length)))) {
    --best.length;
  }
  return best;
}

}  // namespace mtlora
