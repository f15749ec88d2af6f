// Python's pickles, as far as plain containers of plain values need them. Nothing that a pickle names is run or looked
// up: a global is kept as its name, a call as that name with its arguments, for the caller to make sense of.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/byte_reader.h"

namespace mtlora {

struct PickleValue {
  enum class Kind { None, Bool, Int, LongInt, Float, Text, Tuple, List, Dict, Global, Call, Persistent };
  Kind kind = Kind::None;
  int64_t integer = 0;  // Bool, Int
  double real = 0;      // Float
  std::string text;     // Text; Global and Call: "module.name"; LongInt (over 64 bits): its bytes, little-endian
  std::vector<const PickleValue*> items;  // Tuple, List; Dict: key, value, key, value; Call: its tuple of arguments;
                                          // Persistent: its id. A container may hold itself.
  bool is(Kind wanted) const { return kind == wanted; }
  bool is_call(std::string_view name) const { return kind == Kind::Call && text == name; }
};

// The value that one pickle describes, with every value on the way to it. Protocols 2 to 5; collections.OrderedDict is
// read as a dict. Throws Error(BadInput) that names the file and the opcode, or the global, that is not known: a global
// is known where `allowed` says so. Opcodes: the comments of Python's Lib/pickletools.py.
class Pickle {
 public:
  using Allowed = bool (*)(std::string_view global);
  // Reads from `in`, which then stands behind the pickle.
  Pickle(ByteReader& in, Allowed allowed);
  const PickleValue& root() const { return *root_; }
  const std::deque<PickleValue>& values() const { return values_; }

 private:
  using Kind = PickleValue::Kind;
  void run(ByteReader& in, Allowed allowed);
  bool step(uint8_t opcode, ByteReader& in);
  bool step_number(uint8_t opcode, ByteReader& in);
  bool step_container(uint8_t opcode, ByteReader& in);
  bool step_memo(uint8_t opcode, ByteReader& in);
  bool step_global(uint8_t opcode, ByteReader& in, Allowed allowed);
  PickleValue& push(Kind kind);
  PickleValue* pop(ByteReader& in);
  PickleValue& top(ByteReader& in, Kind kind);
  void collect(ByteReader& in, PickleValue& into);  // the values above the last mark
  void push_global(ByteReader& in, std::string name, Allowed allowed);

  std::deque<PickleValue> values_;  // a deque keeps its elements where they are, and frees them without recursion
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint64_t, PickleValue*> memo_;
  const PickleValue* root_ = nullptr;
};

}  // namespace mtlora
