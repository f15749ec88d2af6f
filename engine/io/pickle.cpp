#include "io/pickle.h"

#include <array>
#include <bit>

#include "io/tensor_entry.h"

namespace mtlora {

namespace {

constexpr size_t most_values = 4'000'000;  // a checkpoint of a thousand tensors has about twenty thousand

Error broken(const ByteReader& in, const std::string& what) {
  return bad_input(quoted(in.path()) + ": the pickle is broken at byte " + std::to_string(in.position()) + ": " + what);
}

// Names of the opcodes that are refused.
const char* opcode_name(uint8_t opcode) {
  static constexpr std::array<std::pair<char, const char*>, 24> names{
      {{'I', "INT"},          {'L', "LONG"},          {'F', "FLOAT"},
       {'S', "STRING"},       {'T', "BINSTRING"},     {'U', "SHORT_BINSTRING"},
       {'V', "UNICODE"},      {'B', "BINBYTES"},      {'C', "SHORT_BINBYTES"},
       {'\x8e', "BINBYTES8"}, {'\x96', "BYTEARRAY8"}, {'P', "PERSID"},
       {'g', "GET"},          {'p', "PUT"},           {'d', "DICT"},
       {'l', "LIST"},         {'i', "INST"},          {'o', "OBJ"},
       {'\x81', "NEWOBJ"},    {'\x92', "NEWOBJ_EX"},  {'\x82', "EXT1"},
       {'\x83', "EXT2"},      {'\x84', "EXT4"},       {'2', "DUP"}}};
  for (const auto& [code, name] : names) {
    if (static_cast<uint8_t>(code) == opcode) return name;
  }
  return nullptr;
}

// Two's complement, little-endian, of at most 8 bytes.
int64_t signed_number(std::span<const std::byte> bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  const size_t bits = 8 * bytes.size();
  if (bits > 0 && bits < 64 && (value >> (bits - 1)) & 1) value |= ~uint64_t{0} << bits;
  return static_cast<int64_t>(value);
}

}  // namespace

Pickle::Pickle(ByteReader& in, Allowed allowed) {
  run(in, allowed);
  memo_.clear();
}

void Pickle::run(ByteReader& in, Allowed allowed) {
  for (;;) {
    const uint8_t opcode = in.number<uint8_t>();
    if (opcode == '.') break;  // STOP
    if (step(opcode, in) || step_number(opcode, in) || step_container(opcode, in) || step_memo(opcode, in) ||
        step_global(opcode, in, allowed)) {
      continue;
    }
    const char* name = opcode_name(opcode);
    throw bad_input(quoted(in.path()) + ": the pickle uses the opcode " +
                        (name ? name : "of byte " + std::to_string(opcode)) + " at byte " +
                        std::to_string(in.position() - 1) + ", which tensors and plain containers don't need",
                    "Only checkpoints of plain tensors can be opened; a safetensors file is the better choice.");
  }
  root_ = pop(in);
}

PickleValue& Pickle::push(Kind kind) {
  if (values_.size() >= most_values) throw bad_input("a pickle holds more than 4 million values");
  PickleValue& value = values_.emplace_back();
  value.kind = kind;
  stack_.push_back(&value);
  return value;
}

PickleValue* Pickle::pop(ByteReader& in) {
  if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) {
    throw broken(in, "a value is missing from the stack");
  }
  PickleValue* value = stack_.back();
  stack_.pop_back();
  return value;
}

PickleValue& Pickle::top(ByteReader& in, Kind kind) {
  if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back()) || stack_.back()->kind != kind) {
    throw broken(in, "a container is missing from the stack");
  }
  return *stack_.back();
}

void Pickle::collect(ByteReader& in, PickleValue& into) {
  if (marks_.empty()) throw broken(in, "a mark is missing from the stack");
  into.items.insert(into.items.end(), stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
}

// Frames, marks, constants and text.
bool Pickle::step(uint8_t opcode, ByteReader& in) {
  switch (opcode) {
    case 0x80:  // PROTO
      if (const uint8_t protocol = in.number<uint8_t>(); protocol < 2 || protocol > 5) {
        throw broken(in, "protocol " + std::to_string(protocol) + " is not supported (2 to 5 are)");
      }
      return true;
    case 0x95: in.number<uint64_t>(); return true;  // FRAME: a hint about buffering
    case '(': marks_.push_back(stack_.size()); return true;
    case '0': pop(in); return true;
    case '1': {  // POP_MARK
      PickleValue ignored;
      collect(in, ignored);
      return true;
    }
    case 'N': push(Kind::None); return true;
    case 0x88: push(Kind::Bool).integer = 1; return true;
    case 0x89: push(Kind::Bool).integer = 0; return true;
    case 'X': push(Kind::Text).text = in.text(in.number<uint32_t>()); return true;   // BINUNICODE
    case 0x8c: push(Kind::Text).text = in.text(in.number<uint8_t>()); return true;   // SHORT_BINUNICODE
    case 0x8d: push(Kind::Text).text = in.text(in.number<uint64_t>()); return true;  // BINUNICODE8
    default: return false;
  }
}

bool Pickle::step_number(uint8_t opcode, ByteReader& in) {
  switch (opcode) {
    case 'J': push(Kind::Int).integer = signed_number(in.take(4)); return true;  // BININT
    case 'K': push(Kind::Int).integer = in.number<uint8_t>(); return true;       // BININT1
    case 'M': push(Kind::Int).integer = in.number<uint16_t>(); return true;      // BININT2
    case 'G': {                                                                  // BINFLOAT, big-endian
      uint64_t bits = 0;
      for (const std::byte byte : in.take(8)) bits = bits << 8 | std::to_integer<uint64_t>(byte);
      push(Kind::Float).real = std::bit_cast<double>(bits);
      return true;
    }
    case 0x8a:    // LONG1
    case 0x8b: {  // LONG4
      const auto bytes = in.take(opcode == 0x8a ? in.number<uint8_t>() : in.number<uint32_t>());
      if (bytes.size() <= 8) {
        push(Kind::Int).integer = signed_number(bytes);
      } else {
        push(Kind::LongInt).text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      }
      return true;
    }
    default: return false;
  }
}

bool Pickle::step_container(uint8_t opcode, ByteReader& in) {
  const auto tuple_of = [&](size_t count) {
    std::vector<const PickleValue*> items(count);
    for (size_t i = count; i-- > 0;) items[i] = pop(in);
    push(Kind::Tuple).items = std::move(items);
    return true;
  };
  switch (opcode) {
    case ')': push(Kind::Tuple); return true;
    case ']': push(Kind::List); return true;
    case '}': push(Kind::Dict); return true;
    case 0x85: return tuple_of(1);
    case 0x86: return tuple_of(2);
    case 0x87: return tuple_of(3);
    case 't': {  // TUPLE
      PickleValue items;
      collect(in, items);
      push(Kind::Tuple).items = std::move(items.items);
      return true;
    }
    case 'a': {  // APPEND
      const PickleValue* item = pop(in);
      top(in, Kind::List).items.push_back(item);
      return true;
    }
    case 's': {  // SETITEM
      const PickleValue* value = pop(in);
      const PickleValue* key = pop(in);
      std::vector<const PickleValue*>& items = top(in, Kind::Dict).items;
      items.push_back(key);
      items.push_back(value);
      return true;
    }
    case 'e':    // APPENDS
    case 'u': {  // SETITEMS
      PickleValue items;
      collect(in, items);
      if (opcode == 'u' && items.items.size() % 2 != 0) throw broken(in, "a dict gets a key without a value");
      PickleValue& container = top(in, opcode == 'u' ? Kind::Dict : Kind::List);
      container.items.insert(container.items.end(), items.items.begin(), items.items.end());
      return true;
    }
    case 'b':  // BUILD: attributes, of which a dict (OrderedDict's _metadata) has none that matter
      pop(in);
      top(in, Kind::Dict);
      return true;
    default: return false;
  }
}

bool Pickle::step_memo(uint8_t opcode, ByteReader& in) {
  const auto put = [&](uint64_t key) {
    PickleValue* value = pop(in);
    stack_.push_back(value);
    memo_[key] = value;
    return true;
  };
  const auto get = [&](uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) throw broken(in, "it refers to a value that it has not kept");
    stack_.push_back(found->second);
    return true;
  };
  switch (opcode) {
    case 'q': return put(in.number<uint8_t>());   // BINPUT
    case 'r': return put(in.number<uint32_t>());  // LONG_BINPUT
    case 0x94: return put(memo_.size());          // MEMOIZE
    case 'h': return get(in.number<uint8_t>());   // BINGET
    case 'j': return get(in.number<uint32_t>());  // LONG_BINGET
    default: return false;
  }
}

void Pickle::push_global(ByteReader& in, std::string name, Allowed allowed) {
  if (name != "collections.OrderedDict" && !allowed(name)) {
    throw bad_input(
        quoted(in.path()) + ": the pickle wants " + shown(name) + " of Python, which is refused",
        "Such a file can run any program in Python. Only checkpoints of plain tensors can be opened; get the "
        "safetensors file, or the file from a source that you trust.");
  }
  push(Kind::Global).text = std::move(name);
}

bool Pickle::step_global(uint8_t opcode, ByteReader& in, Allowed allowed) {
  switch (opcode) {
    case 'c': {  // GLOBAL: two lines
      std::string name;
      for (int line = 0; line < 2; ++line) {
        if (line == 1) name += '.';
        for (char c; (c = in.text(1)[0]) != '\n';) {
          if (name.size() > 1000) throw broken(in, "the name of a global does not end");
          name += c;
        }
      }
      push_global(in, std::move(name), allowed);
      return true;
    }
    case 0x93: {  // STACK_GLOBAL
      const PickleValue* name = pop(in);
      const PickleValue* module = pop(in);
      if (!name->is(Kind::Text) || !module->is(Kind::Text)) throw broken(in, "the name of a global is no text");
      push_global(in, module->text + "." + name->text, allowed);
      return true;
    }
    case 'R': {  // REDUCE
      const PickleValue* arguments = pop(in);
      const PickleValue* called = pop(in);
      if (!called->is(Kind::Global) || !arguments->is(Kind::Tuple)) throw broken(in, "a call is no call of a global");
      if (called->text == "collections.OrderedDict") {
        if (!arguments->items.empty()) throw broken(in, "an OrderedDict is made from another value");
        push(Kind::Dict);
      } else {
        PickleValue& call = push(Kind::Call);
        call.text = called->text;
        call.items = {arguments};
      }
      return true;
    }
    case 'Q': {  // BINPERSID
      const PickleValue* id = pop(in);
      push(Kind::Persistent).items = {id};
      return true;
    }
    default: return false;
  }
}

}  // namespace mtlora
