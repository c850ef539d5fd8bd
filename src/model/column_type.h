// What a column may hold. To add a type: here, line_protocol/parsed.h (how it is written), schema/arrow.cc (how it is
// stored), chunk/column_segment.h (how it is kept in memory) and query/sql/types.cc (how SQL sees it).
#pragma once

#include <cstdint>
#include <string_view>

namespace magnetite::model {

enum class ColumnType : uint8_t { kTag, kFloat, kInteger, kUnsigned, kString, kBoolean, kTime };

constexpr bool is_field(ColumnType type) { return type != ColumnType::kTag && type != ColumnType::kTime; }

// Words for people: tag, float, integer, unsigned, string, boolean, time.
std::string_view to_string(ColumnType type);

}  // namespace magnetite::model
