#include "record/event.h"

#include <chrono>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace mtlora {

using nlohmann::json;

namespace {

json number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

// Each kind of event names its fields once, for writing and for reading alike: `Fields` is a Writer or a Reader.
template <class Fields>
void fields(Fields& f, RunStarted& e) {
  f("total_steps", e.total_steps);
  f("trainable_parameters", e.trainable_parameters);
}
template <class Fields>
void fields(Fields& f, StepDone& e) {
  f("epoch", e.epoch);
  f("loss", e.loss);
  f("learning_rate", e.learning_rate);
  f("grad_norm", e.grad_norm);
  f("examples_per_second", e.examples_per_second);
  f("tokens_per_second", e.tokens_per_second);
}
template <class Fields>
void fields(Fields& f, EvalDone& e) {
  f("epoch", e.epoch);
  f("eval_loss", e.eval_loss);
  f("scores", e.scores);
}
template <class Fields>
void fields(Fields& f, ModuleSummary& e) {
  f("effective_rank", e.effective_rank);
  f("mean_rotation_degrees", e.mean_rotation_degrees);
  f("condition", e.condition);
  f("delta_fro", e.delta_fro);
}
template <class Fields>
void fields(Fields& f, GeometryRecorded& e) {
  f("file", e.file);
  f("modules", e.modules);
}
template <class Fields>
void fields(Fields& f, CheckpointSaved& e) {
  f("path", e.path);
  f("best", e.best);
}
template <class Fields>
void fields(Fields& f, CommandTaken& e) {
  f("command", e.command);
  f("value", e.value);
}
template <class Fields>
void fields(Fields& f, SampleMade& e) {
  f("prompt", e.prompt);
  f("text", e.text);
}
template <class Fields>
void fields(Fields& f, RunFinished& e) {
  f("status", e.status);
  f("message", e.message);
  f("hint", e.hint);
  f("exit_code", e.exit_code);
}

constexpr const char* type_names[] = {"run_started", "step",    "eval",   "geometry",
                                      "checkpoint",  "command", "sample", "run_finished"};

class Writer {
 public:
  explicit Writer(json& object) : object_(object) {}
  void operator()(const char* key, double value) { object_[key] = number(value); }
  void operator()(const char* key, const std::map<std::string, double>& values) {
    json& scores = object_[key] = json::object();
    for (const auto& [name, value] : values) scores[name] = number(value);
  }
  void operator()(const char* key, std::map<std::string, ModuleSummary>& values) {
    json& modules = object_[key] = json::object();
    for (auto& [name, summary] : values) {
      Writer inner(modules[name] = json::object());
      fields(inner, summary);
    }
  }
  template <class T>
  void operator()(const char* key, const T& value) {
    object_[key] = value;
  }

 private:
  json& object_;
};

class Reader {
 public:
  Reader(const json& object, std::string what) : object_(object), what_(std::move(what)) {}

  void operator()(const char* key, double& value) { value = real(need(key), key); }
  void operator()(const char* key, int64_t& value) {
    const json& found = need(key);
    // Written by a program that has real numbers only, a whole one may end in ".0".
    const bool whole = found.is_number_integer() || (found.is_number_float() && std::abs(found.get<double>()) < 1e15 &&
                                                     found.get<double>() == std::floor(found.get<double>()));
    if (!whole) wrong(key, "a whole number");
    value = found.get<int64_t>();
  }
  void operator()(const char* key, int& value) {
    int64_t wide = 0;
    (*this)(key, wide);
    value = static_cast<int>(wide);
  }
  void operator()(const char* key, bool& value) {
    if (!need(key).is_boolean()) wrong(key, "true or false");
    value = need(key).get<bool>();
  }
  void operator()(const char* key, std::string& value) {
    if (!need(key).is_string()) wrong(key, "a text");
    value = need(key).get<std::string>();
  }
  void operator()(const char* key, json& value) { value = object_.value(key, json()); }  // null stands for none
  void operator()(const char* key, std::map<std::string, double>& values) {
    for (const auto& [name, value] : need_object(key).items()) values[name] = real(value, key);
  }
  void operator()(const char* key, std::map<std::string, ModuleSummary>& values) {
    for (const auto& [name, value] : need_object(key).items()) {
      if (!value.is_object()) wrong(key, "an object of objects");
      Reader inner(value, what_ + " of module " + name);
      fields(inner, values[name]);
    }
  }

 private:
  const json& need(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) throw bad_input(what_ + ": '" + key + "' is missing");
    return *found;
  }
  const json& need_object(const char* key) const {
    if (!need(key).is_object()) wrong(key, "an object");
    return need(key);
  }
  double real(const json& value, const char* key) const {
    if (value.is_number()) return value.get<double>();
    if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (value == "Infinity") return std::numeric_limits<double>::infinity();
    if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
    wrong(key, "a number");
  }
  [[noreturn]] void wrong(const char* key, const char* expected) const {
    throw bad_input(what_ + ": '" + key + "': expected " + expected);
  }

  const json& object_;
  std::string what_;
};

template <size_t index = 0>
decltype(Event::body) empty_body(const std::string& type) {
  if constexpr (index == std::size(type_names)) {
    throw bad_input("event: type '" + type + "' is not known");
  } else {
    if (type == type_names[index]) return decltype(Event::body)(std::in_place_index<index>);
    return empty_body<index + 1>(type);
  }
}

}  // namespace

json to_json(const Event& event) {
  static_assert(std::size(type_names) == std::variant_size_v<decltype(Event::body)>);
  json object = {{"type", type_names[event.body.index()]}, {"time", number(event.time)}};
  Writer writer(object);
  auto body = event.body;  // `fields` serves reading too, so it takes what it could change
  std::visit(
      [&](auto& e) {
        writer("step", e.step);
        fields(writer, e);
      },
      body);
  return object;
}

Event event_from_json(const json& object) {
  if (!object.is_object()) throw bad_input("event: expected an object, found " + std::string(object.type_name()));
  std::string type;
  Reader(object, "event")("type", type);
  Event event{0, empty_body(type)};
  Reader reader(object, "event " + type);
  reader("time", event.time);
  std::visit(
      [&](auto& e) {
        reader("step", e.step);
        fields(reader, e);
      },
      event.body);
  return event;
}

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace mtlora
