// A scanner in the manner of lex: rules given as regular expressions, of which the one that matches the most characters
// wins, and of several the first.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mtlora {

// An expression knows characters (ASCII letters in both cases), \ before a character that would mean something,
// [a-z] and [^a-z] (their letters in the case that is written), ( ) | * + ? {2,4}, and {name}: another expression of
// `names`, or one of the classes {any}, {letter} and {digit} (of Unicode's first plane).
struct ScanRule {
  std::string expression;
  std::string followed_by = {};  // what must stand behind it; counts as matched characters, but is left to the next
};

class LongestMatch {
 public:
  using Names = std::map<std::string, std::string, std::less<>>;

  // The expressions are part of the program: a wrong one throws Error(Internal).
  LongestMatch(const std::vector<ScanRule>& rules, const Names& names);

  struct Match {
    size_t rule = 0, length = 0;  // without what only follows; 0: no rule matches
  };
  // Of the characters from `begin` on. Not for several threads at once: what is found out about the rules is kept.
  Match at(std::u32string_view text, size_t begin);

 private:
  static constexpr int kNone = -1;

  struct Class {
    std::vector<std::pair<char32_t, char32_t>> ranges;  // first and last
    bool negated = false;
    bool (*test)(char32_t) = nullptr;  // instead
    bool has(char32_t c) const;
  };
  // Takes a character of a class to `next`, or (without a class) nothing to `next` and `other`. One with neither a
  // class nor a next is an end.
  struct Node {
    int character_class = kNone, next = kNone, other = kNone, rule = kNone;
  };
  // The nodes at which a text may stand.
  struct State {
    std::vector<int> nodes;
    int rule = kNone;  // the first that ends here
    std::array<int, 128> ascii;
    std::unordered_map<char32_t, int> others;
  };
  struct Part {  // of an expression: its first node, and the one to be linked to what follows
    int first, last;
  };
  class Parser;

  int add_node(Node node);
  int state_of(std::vector<int> from);  // with all that can be reached without a character
  int next_state(int state, char32_t c);
  bool matches_whole(int state, std::u32string_view text);

  std::vector<Class> classes_;
  std::vector<Node> nodes_;
  std::vector<State> states_;
  std::map<std::vector<int>, int> state_numbers_;
  int start_ = kNone;
  std::vector<std::pair<int, int>> halves_;  // states of a rule's two expressions alone; none without followed_by
};

}  // namespace mtlora
