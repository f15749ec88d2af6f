// The XML of WebNLG and DART, read with Expat, which calls back element by element: nesting costs no stack.
#include <expat.h>

#include <exception>
#include <memory>

#include "base/error.h"
#include "base/json.h"
#include "data/dialogue_records.h"

namespace mtlora {
namespace {

constexpr int deepest = 64;  // elements inside each other; the files have five

class EntryReader {
 public:
  EntryReader(const Path& path, const TakeEntry& take) : path_(path), take_(take), parser_(XML_ParserCreate(nullptr)) {
    if (!parser_) throw Error(ErrorCode::OutOfMemory, "There is no memory left to read " + quoted(path_));
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), called<&EntryReader::start, const XML_Char*, const XML_Char**>,
                          called<&EntryReader::end, const XML_Char*>);
    XML_SetCharacterDataHandler(parser_.get(), called<&EntryReader::characters, const XML_Char*, int>);
    XML_SetStartDoctypeDeclHandler(
        parser_.get(), called<&EntryReader::doctype, const XML_Char*, const XML_Char*, const XML_Char*, int>);
  }

  void read(std::string_view text) {
    constexpr size_t piece = size_t{1} << 20;  // Expat counts in int
    XML_Status status = XML_STATUS_OK;
    for (size_t at = 0; status == XML_STATUS_OK && at < text.size(); at += piece) {
      const std::string_view part = text.substr(at, piece);
      status = XML_Parse(parser_.get(), part.data(), static_cast<int>(part.size()), at + piece >= text.size());
    }
    if (failure_) std::rethrow_exception(failure_);
    if (stopped_) return;
    if (status != XML_STATUS_OK)
      fail(std::string("is not valid XML (") + XML_ErrorString(XML_GetErrorCode(parser_.get())) + ")");
    if (entries_ == 0) {
      throw bad_input(quoted(path_) + " is XML without an <entry>",
                      "WebNLG and DART files have one for each set of triples.");
    }
  }

 private:
  // Expat is C: an exception must not pass through it.
  template <auto member, typename... Args>
  static void XMLCALL called(void* user, Args... args) {
    auto* self = static_cast<EntryReader*>(user);
    if (self->failure_ || self->stopped_) return;
    try {
      (self->*member)(args...);
    } catch (...) {
      self->failure_ = std::current_exception();
      XML_StopParser(self->parser_.get(), XML_FALSE);
    }
  }

  void start(const XML_Char* name, const XML_Char** attributes) {
    if (++depth_ > deepest) fail("nests elements deeper than " + std::to_string(deepest) + " levels");
    const std::string_view element = name;
    const auto attribute = [attributes](std::string_view key) -> std::string {
      for (const XML_Char** at = attributes; *at; at += 2) {
        if (key == at[0]) return at[1];
      }
      return "";
    };
    if (in_text_) {
      entry_.fault = "has <" + std::string(element.substr(0, 40)) + "> inside of a text";
    } else if (element == "entry") {
      entry_ = {};
      entry_.category = attribute("category");
    } else if (element == "lex" || element == "mtriple") {
      in_text_ = true;
      text_depth_ = depth_;
      text_.clear();
      if (element == "lex") entry_.texts.push_back({attribute("comment"), ""});
    }
  }

  void end(const XML_Char* name) {
    const std::string_view element = name;
    const bool ends_text = in_text_ && depth_ == text_depth_;
    --depth_;
    if (ends_text) {
      in_text_ = false;
      if (element == "lex") {
        entry_.texts.back().text = stripped(text_);
      } else {
        add_triple();
      }
    } else if (element == "entry" && !in_text_) {
      ++entries_;
      if (take_(entry_)) return;
      stopped_ = true;
      XML_StopParser(parser_.get(), XML_FALSE);
    }
  }

  void characters(const XML_Char* text, int length) {
    if (in_text_) text_.append(text, static_cast<size_t>(length));
  }

  void doctype(const XML_Char*, const XML_Char*, const XML_Char*, int) {
    fail("has a document type declaration, which these files never need");
  }

  void add_triple() {
    constexpr std::string_view bar = " | ";
    const std::string_view text = stripped(text_);
    const size_t first = text.find(bar), second = first == text.npos ? first : text.find(bar, first + bar.size());
    if (second == text.npos || text.find(bar, second + bar.size()) != text.npos) {
      entry_.fault = "has a triple that is not 'subject | relation | object'";
      return;
    }
    const size_t relation = first + bar.size(), object = second + bar.size();
    entry_.triples.push_back({std::string(stripped(text.substr(0, first))),
                              std::string(stripped(text.substr(relation, second - relation))),
                              std::string(stripped(text.substr(object)))});
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw bad_input(quoted(path_) + " " + what + " at line " + std::to_string(XML_GetCurrentLineNumber(parser_.get())) +
                        ", column " + std::to_string(XML_GetCurrentColumnNumber(parser_.get()) + 1),
                    "Take a whole, unchanged copy of the file.");
  }

  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };
  const Path& path_;
  const TakeEntry& take_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> parser_;
  std::exception_ptr failure_;
  bool stopped_ = false, in_text_ = false;
  int depth_ = 0, text_depth_ = 0;  // elements that are open; the one whose text is gathered
  int64_t entries_ = 0;
  Entry entry_;
  std::string text_;
};

}  // namespace

void read_xml_entries(const Path& path, std::string_view text, const TakeEntry& take) {
  EntryReader(path, take).read(text);
}

}  // namespace mtlora
