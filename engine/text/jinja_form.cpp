#include "text/jinja_form.h"

#include <algorithm>

namespace mtlora {
namespace {

constexpr std::string_view spaces = " \t\r\n";

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// The literal whose quote stands at `at`, which moves behind it.
std::string take_literal(std::string_view text, size_t& at) {
  const char quote = text[at++];
  std::string literal;
  while (at < text.size() && text[at] != quote) {
    char c = text[at++];
    if (c == '\\' && at < text.size()) {
      c = text[at++];
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
      if (c == 'r') c = '\r';
    }
    literal += c;
  }
  if (at < text.size()) ++at;
  return literal;
}

// Where the bracket stands that closes the tag whose inside begins at `at`, literals passed over; the text's end if
// none.
size_t find_closing(std::string_view text, size_t at, std::string_view closing) {
  while (at < text.size() && text.substr(at, 2) != closing) {
    if (closing != "#}" && (text[at] == '\'' || text[at] == '"')) {
      take_literal(text, at);
    } else {
      ++at;
    }
  }
  return at;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
}

std::string expression_form(std::string_view tag) {
  std::string form;
  for (size_t at = 0; at < tag.size();) {
    const char c = tag[at];
    if (c == '\'' || c == '"') {
      const std::string literal = take_literal(tag, at);
      const size_t next = std::min(tag.find_first_not_of(spaces, at), tag.size());
      const bool is_key = form.ends_with('[') && form.size() > 1 &&
                          (is_name(form[form.size() - 2]) || form[form.size() - 2] == ']') && next < tag.size() &&
                          tag[next] == ']' && std::all_of(literal.begin(), literal.end(), is_name);
      if (is_key) {
        form.back() = '.';
        form += literal;
        at = next + 1;
      } else {
        form.append("'").append(literal).append("'");
      }
      continue;
    }
    if (spaces.find(c) == spaces.npos) form += c;
    ++at;
  }
  replace_all(form, ".strip()", "|trim");
  return form;
}

}  // namespace

std::string jinja_form(std::string_view jinja) {
  if (jinja.ends_with('\n')) jinja.remove_suffix(1);
  std::string form;
  const auto write = [&form](const std::string& expression) {
    if (expression.empty()) return;
    if (form.ends_with("}}")) {
      form.replace(form.size() - 2, 2, "+");
    } else {
      form += "{{";
    }
    form.append(expression).append("}}");
  };
  for (size_t at = 0; at < jinja.size();) {
    size_t tag = at;
    while (tag < jinja.size() && !(jinja[tag] == '{' && tag + 1 < jinja.size() &&
                                   std::string_view("{%#").find(jinja[tag + 1]) != std::string_view::npos))
      ++tag;
    std::string_view text = jinja.substr(at, tag - at);
    const char kind = tag < jinja.size() ? jinja[tag + 1] : 0;
    const char sign = tag + 2 < jinja.size() ? jinja[tag + 2] : 0;
    if (kind && sign == '-') {
      text = text.substr(0, text.find_last_not_of(spaces) + 1);
    } else if (kind && kind != '{' && sign != '+') {  // lstrip_blocks
      const size_t kept = text.find_last_not_of(" \t") + 1;
      if (kept == 0 ? at == 0 || jinja[at - 1] == '\n' : text[kept - 1] == '\n') text = text.substr(0, kept);
    }
    if (!text.empty()) write(std::string("'").append(text).append("'"));
    if (!kind) break;

    const std::string_view closing = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
    const size_t end = find_closing(jinja, tag + 2, closing);
    std::string_view inside = jinja.substr(tag + 2, end - tag - 2);
    const bool strips = inside.ends_with('-');
    if (inside.starts_with('-') || inside.starts_with('+')) inside.remove_prefix(1);
    if (strips) inside.remove_suffix(std::min<size_t>(1, inside.size()));
    if (kind == '{') write(expression_form(inside));
    if (kind == '%') form.append("{%").append(expression_form(inside)).append("%}");
    at = std::min(end + closing.size(), jinja.size());
    if (strips) {
      at = std::min(jinja.find_first_not_of(spaces, at), jinja.size());
    } else if (kind != '{' && at < jinja.size() && jinja[at] == '\n') {  // trim_blocks
      ++at;
    }
  }
  replace_all(form, "'+'", "");
  return form;
}

}  // namespace mtlora
