// Rows of one table as columns: views into a message that somebody else owns.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace magnetite::columnar_write {

// A list of strings, wherever it lies.
class Strings {
 public:
  using At = std::string_view (*)(const void* list, size_t index);
  Strings(const void* list, size_t size, At at) : list_(list), size_(size), at_(at) {}
  size_t size() const { return size_; }
  std::string_view operator[](size_t index) const { return at_(list_, index); }

 private:
  const void* list_;
  size_t size_;
  At at_;
};

using Integers = std::span<const int64_t>;
using Floats = std::span<const double>;
using Unsigneds = std::span<const uint64_t>;
using Booleans = std::span<const uint8_t>;  // 0 = false
struct Blobs {};                            // known to the wire, not to us
struct NoValues {};                         // no type is named
using Values = std::variant<NoValues, Integers, Floats, Unsigneds, Strings, Booleans, Blobs>;

enum class Role : uint8_t { kNone, kTag, kField, kTime };

// `values` are those of rows that have one. `null_mask` has a bit for each row, the highest of a byte first; set = the
// row has none; an empty mask = all rows have one.
struct Column {
  std::string_view name;
  Role role = Role::kNone;
  Values values;
  std::string_view null_mask;
};

struct TableBatch {
  std::string_view table;
  std::vector<Column> columns;
  std::optional<uint64_t> row_count;  // where the message says it
};

}  // namespace magnetite::columnar_write
