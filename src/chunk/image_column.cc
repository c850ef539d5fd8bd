#include "chunk/image_column.h"

#include <parquet/column_reader.h>

#include <array>

#include "chunk/flat_column.h"

namespace magnetite::chunk {
namespace {

// Strings copied out of a page. Values that repeat (a dictionary page's stay where they are) share one copy.
class TextKeeper {
 public:
  explicit TextKeeper(ByteArena& arena) : arena_(arena) {}

  std::string_view keep(const parquet::ByteArray& from) {
    const std::string_view text(reinterpret_cast<const char*>(from.ptr), from.len);
    std::string_view& known = recent_[(reinterpret_cast<uintptr_t>(from.ptr) >> 2) % recent_.size()];
    if (known.size() != text.size() || known != text) known = arena_.store(text);
    return known;
  }

 private:
  ByteArena& arena_;
  std::array<std::string_view, 1024> recent_;
};

template <class Value>
struct Assign {
  explicit Assign(FlatColumn&) {}
  template <class From>
  Value operator()(const From& from) const {
    return static_cast<Value>(from);
  }
};
template <>
struct Assign<std::string_view> {
  explicit Assign(FlatColumn& column) : keeper(std::make_unique<TextKeeper>(column.text)) {}
  std::string_view operator()(const parquet::ByteArray& from) const { return keeper->keep(from); }
  std::unique_ptr<TextKeeper> keeper;
};

template <class Type, class Value>
Result<std::shared_ptr<const DecodedColumn>> read_typed(parquet::ColumnReader& reader, model::ColumnType type,
                                                        size_t rows, bool no_null) {
  using Stored = typename Type::c_type;
  auto& typed = static_cast<parquet::TypedColumnReader<Type>&>(reader);
  auto column = std::make_shared<FlatColumn>(type, rows);
  Value* values = column->template as<Value>();
  constexpr bool kSameLayout = sizeof(Stored) == sizeof(Value) && !std::is_same_v<Value, std::string_view>;
  const Assign<Value> assign(*column);
  // A call reads within one page, whose bytes stay until the next call.
  const size_t batch_rows = std::min<size_t>(rows, kSameLayout && no_null ? rows : 4'096);
  std::unique_ptr<Stored[]> stored;
  if (!kSameLayout || !no_null) stored = std::make_unique_for_overwrite<Stored[]>(batch_rows);
  std::vector<int16_t> levels(no_null ? 0 : batch_rows);
  if (!no_null) column->make_validity();
  for (size_t at = 0; at < rows;) {
    const size_t wanted = std::min(rows - at, batch_rows);
    Stored* into = stored == nullptr ? reinterpret_cast<Stored*>(values + at) : stored.get();
    int64_t values_read = 0;
    const int64_t read = typed.HasNext()
                             ? typed.ReadBatch(static_cast<int64_t>(wanted), no_null ? nullptr : levels.data(), nullptr,
                                               into, &values_read)
                             : 0;
    if (no_null ? values_read <= 0 : read <= 0)
      return fail(ErrorCode::kCorruption, "a column of the Parquet image ends early");
    const auto count = static_cast<size_t>(no_null ? values_read : read);
    if (no_null) {
      if (stored != nullptr)
        for (size_t i = 0; i < count; ++i) values[at + i] = assign(into[i]);
    } else {
      size_t next = 0;
      for (size_t i = 0; i < count; ++i) {
        if (levels[i] == 0) {
          values[at + i] = Value();
          continue;
        }
        if (next >= static_cast<size_t>(values_read))
          return fail(ErrorCode::kCorruption, "a column of the Parquet image has too few values");
        values[at + i] = assign(into[next++]);
        column->set_valid(at + i);
      }
    }
    at += count;
  }
  return decoded_of(std::move(column));
}

}  // namespace

Result<std::shared_ptr<const DecodedColumn>> read_column(parquet::ColumnReader& reader, model::ColumnType type,
                                                         size_t rows, bool no_null) {
  switch (type) {
    case model::ColumnType::kFloat:
      return read_typed<parquet::DoubleType, double>(reader, type, rows, no_null);
    case model::ColumnType::kBoolean:
      return read_typed<parquet::BooleanType, uint8_t>(reader, type, rows, no_null);
    case model::ColumnType::kUnsigned:
      return read_typed<parquet::Int64Type, uint64_t>(reader, type, rows, no_null);
    case model::ColumnType::kTag:
    case model::ColumnType::kString:
      return read_typed<parquet::ByteArrayType, std::string_view>(reader, type, rows, no_null);
    default:
      return read_typed<parquet::Int64Type, int64_t>(reader, type, rows, no_null);
  }
}

}  // namespace magnetite::chunk
