#include "data/parquet_reader.h"

#include "base/error.h"

#ifdef MTLORA_PARQUET

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace mtlora {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t batch_rows = 4096;
constexpr int max_depth = 64;  // of lists and structs in one another, as for JSON lines

void check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}
template <class T>
T take(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

// A float as the shortest decimal number that stands for it: 3.8 and not 3.799999952316284.
Json json_of_float(float value) {
  if (!std::isfinite(value)) return std::isnan(value) ? Json() : Json(value > 0 ? "inf" : "-inf");
  char text[64];
  const auto written = std::to_chars(std::begin(text), std::end(text), value);
  double same = 0;
  std::from_chars(text, written.ptr, same);
  return same;
}
Json json_of_double(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? Json() : Json(value > 0 ? "inf" : "-inf");
  return value;
}

Json json_of(const arrow::Array& array, int64_t i);

Json json_of_items(const arrow::Array& items, int64_t begin, int64_t count) {
  if (begin < 0 || count < 0 || count > items.length() - begin)
    throw std::runtime_error("a list lies outside its data");
  Json list = Json::array();
  for (int64_t k = begin; k < begin + count; ++k) list.push_back(json_of(items, k));
  return list;
}
template <class List>
Json json_of_list(const arrow::Array& array, int64_t i) {
  const auto& list = static_cast<const List&>(array);
  return json_of_items(*list.values(), list.value_offset(i), list.value_length(i));
}
template <class Array>
Json json_of_value(const arrow::Array& array, int64_t i) {
  return static_cast<const Array&>(array).Value(i);
}
template <class Array>
Json json_of_text(const arrow::Array& array, int64_t i) {
  return std::string(static_cast<const Array&>(array).GetView(i));
}
Json json_of_struct(const arrow::Array& array, int64_t i) {
  const auto& fields = static_cast<const arrow::StructArray&>(array);
  Json object = Json::object();
  for (int k = 0; k < fields.num_fields(); ++k) object[fields.type()->field(k)->name()] = json_of(*fields.field(k), i);
  return object;
}
Json json_of_dictionary(const arrow::Array& array, int64_t i) {
  const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
  const int64_t code = coded.GetValueIndex(i);
  if (code < 0 || code >= coded.dictionary()->length()) throw std::runtime_error("a value lies outside its dictionary");
  return json_of(*coded.dictionary(), code);
}

Json json_of(const arrow::Array& array, int64_t i) {
  if (array.IsNull(i)) return nullptr;
  switch (array.type_id()) {
    case arrow::Type::BOOL: return json_of_value<arrow::BooleanArray>(array, i);
    case arrow::Type::INT8: return json_of_value<arrow::Int8Array>(array, i);
    case arrow::Type::INT16: return json_of_value<arrow::Int16Array>(array, i);
    case arrow::Type::INT32: return json_of_value<arrow::Int32Array>(array, i);
    case arrow::Type::INT64: return json_of_value<arrow::Int64Array>(array, i);
    case arrow::Type::UINT8: return json_of_value<arrow::UInt8Array>(array, i);
    case arrow::Type::UINT16: return json_of_value<arrow::UInt16Array>(array, i);
    case arrow::Type::UINT32: return json_of_value<arrow::UInt32Array>(array, i);
    case arrow::Type::UINT64: return json_of_value<arrow::UInt64Array>(array, i);
    case arrow::Type::FLOAT: return json_of_float(static_cast<const arrow::FloatArray&>(array).Value(i));
    case arrow::Type::DOUBLE: return json_of_double(static_cast<const arrow::DoubleArray&>(array).Value(i));
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return json_of_text<arrow::BinaryArray>(array, i);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY: return json_of_text<arrow::LargeBinaryArray>(array, i);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW: return json_of_text<arrow::BinaryViewArray>(array, i);
    case arrow::Type::LIST:
    case arrow::Type::MAP: return json_of_list<arrow::ListArray>(array, i);  // a map: of {key, value}
    case arrow::Type::LARGE_LIST: return json_of_list<arrow::LargeListArray>(array, i);
    case arrow::Type::FIXED_SIZE_LIST: return json_of_list<arrow::FixedSizeListArray>(array, i);
    case arrow::Type::STRUCT: return json_of_struct(array, i);
    case arrow::Type::DICTIONARY: return json_of_dictionary(array, i);
    case arrow::Type::EXTENSION: return json_of(*static_cast<const arrow::ExtensionArray&>(array).storage(), i);
    default: return take(array.GetScalar(i))->ToString();  // dates, times, decimal numbers
  }
}

int depth_of(const arrow::DataType& type) {
  int deepest = 0;
  for (const auto& field : type.fields()) deepest = std::max(deepest, depth_of(*field->type()));
  return deepest + 1;
}

std::string text_of(const arrow::Array& array, int64_t i) {
  const Json value = json_of(array, i);
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);  // bytes that are not UTF-8 can't be printed
}

Table read(const std::shared_ptr<arrow::io::RandomAccessFile>& file, int64_t max_rows) {
  parquet::ArrowReaderProperties properties;
  properties.set_batch_size(max_rows > 0 ? std::min(max_rows, batch_rows) : batch_rows);
  parquet::arrow::FileReaderBuilder builder;
  check(builder.Open(file));
  builder.properties(properties);
  const std::unique_ptr<parquet::arrow::FileReader> reader = take(builder.Build());
  const std::unique_ptr<arrow::RecordBatchReader> batches = take(reader->GetRecordBatchReader());

  Table table;
  for (const auto& field : batches->schema()->fields()) {
    if (depth_of(*field->type()) > max_depth) {
      throw std::runtime_error("column '" + field->name() + "' nests deeper than " + std::to_string(max_depth) +
                               " levels");
    }
    table.columns.push_back(field->name());
  }
  const auto enough = [&] { return max_rows > 0 && std::ssize(table.rows) >= max_rows; };
  while (!enough()) {
    const std::shared_ptr<arrow::RecordBatch> batch = take(batches->Next());
    if (!batch) break;
    check(batch->Validate());
    for (int64_t i = 0; i < batch->num_rows() && !enough(); ++i) {
      std::vector<std::string>& fields = table.rows.emplace_back();
      for (int c = 0; c < batch->num_columns(); ++c) fields.push_back(text_of(*batch->column(c), i));
      table.row_numbers.push_back(std::ssize(table.rows));
    }
  }
  return table;
}

}  // namespace

bool reads_parquet() { return true; }

Table read_parquet(const Path& path, int64_t max_rows) {
  const MappedFile file(path);
  const auto buffer =
      std::make_shared<arrow::Buffer>(reinterpret_cast<const uint8_t*>(file.bytes().data()), std::ssize(file.bytes()));
  try {
    Table table = read(std::make_shared<arrow::io::BufferReader>(buffer), max_rows);
    file.check();
    return table;
  } catch (const Error&) {
    throw;                                 // the file was cut short meanwhile
  } catch (const std::exception& error) {  // the library's own exceptions, too, and sizes that no memory holds
    const std::string reason = error.what();
    throw bad_input("'" + path.string() + "' can't be read as Parquet: " + reason.substr(0, reason.find('\n')),
                    "Is the file whole, and is it Parquet? Download or write it again.");
  }
}

}  // namespace mtlora

#else

namespace mtlora {

bool reads_parquet() { return false; }

Table read_parquet(const Path& path, int64_t) {
  throw bad_input("'" + path.string() + "' is a Parquet file, and this build reads none",
                  "Install the Python package pyarrow into .venv and build again, or save the file as CSV or JSON "
                  "lines.");
}

}  // namespace mtlora

#endif
