// Rows of files whose answer is a text: conversations, instructions, and the contexts and texts of E2E, WebNLG and
// DART.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/table_reader.h"   // RowProblem
#include "text/chat_template.h"  // Message

namespace mtlora {

// `messages` ends with the assistant's, whose text is trained on; of a pair: user, assistant. An answer of "" is one
// that the file lacks: such a row is for generation only.
struct Dialogue {
  std::vector<Message> messages;
  std::string group;  // WebNLG: "seen" or "unseen" (its category, in training); else ""
  int64_t row = 0;    // record or entry in its file, from 1 (of a folder: through all its files); several may share one

  std::span<const Message> prompt() const { return std::span(messages).first(messages.size() - 1); }
  const std::string& answer() const { return messages.back().content; }
};

struct Dialogues {
  std::string format;  // as found
  std::vector<Dialogue> rows;
  std::vector<RowProblem> problems;  // records left out, with the reason
};

struct DialogueFormat {
  std::string name, title;  // "e2e", "E2E (CSV or meaning||reference)"
};
// e2e, webnlg, dart, alpaca, sharegpt, messages, prompt_completion.
const std::vector<DialogueFormat>& dialogue_formats();

// One row for each pair of a context and a reference text, in the file's order. `format` is one of dialogue_formats(),
// or "" to find it by the file's content. Ends at `max_rows` rows (0: all). Blocks. Throws Error(File), or
// Error(BadInput) for an unknown format and for a file that is empty, broken or of another kind.
//
//   e2e                CSV with the columns mr and ref (a test file may lack ref), or lines `meaning||reference`
//                      (the LoRA release's), whose texts lose white space at both ends
//   webnlg             XML (a file, or a folder read recursively in the order of its names) or the LoRA release's JSON;
//                      only texts marked `good`; an entry that has texts and none of them good is a problem that is
//                      left out. Context: `subject : relation : object` joined by ` | `, of the modified triples, as
//                      they stand. An entry without texts gives a row without an answer.
//   dart               JSON or XML; the same with the relation in lower case, and every text
//   alpaca             instruction, input (put below the instruction), output; perhaps system and history
//   sharegpt           conversations of {from, value}; perhaps system
//   messages           messages of {role, content}
//   prompt_completion  prompt and completion (or context, response), as texts or as lists of messages
//
// The last four as a JSON array, as JSON lines, or as CSV where the values are texts.
Dialogues read_dialogues(const Path& path, const std::string& format = {}, int64_t max_rows = 0);

}  // namespace mtlora
