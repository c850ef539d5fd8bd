#include "columnar_write/lines.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "line_protocol/series_name.h"
#include "line_protocol/testing/describe.h"

namespace magnetite::columnar_write {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const int64_t kTimes[] = {1, 2};
const double kNumbers[] = {1.5, 2.5};

Strings strings(const std::vector<std::string>& list) {
  return {&list, list.size(), [](const void* from, size_t index) {
            return std::string_view((*static_cast<const std::vector<std::string>*>(from))[index]);
          }};
}

Column time_column() { return {"time", Role::kTime, Integers(kTimes), {}}; }
Column number_column(std::string_view name = "v") { return {name, Role::kField, Floats(kNumbers), {}}; }

Result<Lines> lines_of(std::vector<Column> columns, std::string_view table = "t", Limits limits = {}) {
  const TableBatch batch{table, std::move(columns), std::nullopt};
  return to_lines({&batch, 1}, limits);
}

std::string text_of(std::vector<Column> columns, std::string_view table = "t") {
  auto lines = lines_of(std::move(columns), table);
  return lines ? lines->text() : lines.error().describe();
}

TEST(Lines, HaveTagsByNameAndFieldsAsTheyCame) {
  const std::vector<std::string> hosts = {"a b", "c"};
  const std::vector<std::string> regions = {"west", "east"};
  EXPECT_EQ(text_of({{"host", Role::kTag, strings(hosts), {}},
                     number_column("z"),
                     {"a", Role::kTag, strings(regions), {}},
                     time_column(),
                     number_column("b")},
                    "my table"),
            "my\\ table,a=west,host=a\\ b z=1.5,b=1.5 1\n"
            "my\\ table,a=east,host=c z=2.5,b=2.5 2\n");
}

TEST(Lines, HaveEveryTypeExactly) {
  const int64_t integers[] = {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  const uint64_t unsigneds[] = {0, std::numeric_limits<uint64_t>::max()};
  const double floats[] = {-0.0, 5e-324};
  const uint8_t booleans[] = {0, 1};
  const std::vector<std::string> texts = {"", "a \"b\" \\ c\nd,e=f\\"};
  EXPECT_EQ(text_of({{"i", Role::kField, Integers(integers), {}},
                     {"u", Role::kField, Unsigneds(unsigneds), {}},
                     {"f", Role::kField, Floats(floats), {}},
                     {"b", Role::kField, Booleans(booleans), {}},
                     {"s", Role::kField, strings(texts), {}},
                     time_column()}),
            "t i=-9223372036854775808i,u=0u,f=-0,b=f,s=\"\" 1\n"
            "t i=9223372036854775807i,u=18446744073709551615u,f=5e-324,b=t,s=\"a \\\"b\\\" \\\\ c\nd,e=f\\\\\" 2\n");
}

TEST(Lines, LeaveOutWhatTheMaskSays) {
  const int64_t times[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  const int64_t some[] = {1, 8};
  const double all[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(text_of({{"time", Role::kTime, Integers(times), {}},
                     {"some", Role::kField, Integers(some), std::string_view("\xBF\x00", 2)},
                     {"all", Role::kField, Floats(all), {}}}),
            "t all=0 0\nt some=1i,all=1 1\nt all=2 2\nt all=3 3\nt all=4 4\nt all=5 5\nt all=6 6\nt all=7 7\n"
            "t some=8i,all=8 8\n");
}

TEST(Lines, OfNoRowsAreNone) {
  EXPECT_EQ(text_of({}), "");
  EXPECT_EQ(text_of({{"time", Role::kTime, Integers(), {}}, {"v", Role::kField, Floats(), {}}}), "");
  EXPECT_EQ(text_of({{"v", Role::kField, Floats(), {}}}), "");
}

struct Refusal {
  std::string_view what;
  std::vector<Column> columns;
  std::string_view message;
};

TEST(Lines, ColumnsThatDoNotFitAreRefusedWithTheirPlace) {
  const int64_t one[] = {1};
  const double strange[] = {1.5, std::numeric_limits<double>::infinity()};
  const double nan[] = {std::nan(""), 1.5};
  static const std::vector<std::string> kEmptyTag = {"", "x"};
  static const std::vector<std::string> kNewline = {"x", "a\nb"};
  static const std::vector<std::string> kBackslash = {"x\\", "x"};
  static const std::vector<std::string> kBadText = {"x", "\xff"};
  static const std::string kLong(100'000, 'n');
  const Column time = time_column();
  const Column value = number_column();
  const Refusal refusals[] = {
      {"no time", {value}, "table t: has no time column"},
      {"time twice", {time, time, value}, "table t, column time: occurs twice"},
      {"time with a gap",
       {{"time", Role::kTime, Integers(one), "\x40"}, value},
       "table t, column time: every row has a time"},
      {"time is a float",
       {{"time", Role::kTime, Floats(kNumbers), {}}, value},
       "table t, column time: times are 64-bit"},
      {"time with a name",
       {{"when", Role::kTime, Integers(kTimes), {}}, value},
       "table t, column when: the time column"},
      {"field time", {number_column("time")}, "table t, column time: only the time column"},
      {"twice", {time, value, value}, "table t, column v: occurs twice"},
      {"no name", {time, number_column("")}, "table t: a column has no name"},
      {"long name", {time, number_column(kLong)}, "has more than 65536 bytes"},
      {"newline", {time, number_column("a\nb")}, "its name cannot be a field's"},
      {"backslash", {time, number_column("a\\")}, "its name cannot be a field's"},
      {"tab", {time, number_column("a\tb")}, "its name cannot be a field's"},
      {"invalid", {time, number_column("a\xff")}, "its name cannot be a field's"},
      {"fewer", {time, {"v", Role::kField, Integers(one), {}}}, "table t, column v: has 1 rows, others have 2"},
      {"short mask",
       {time, {"v", Role::kField, Integers(one), std::string_view("\x80\x00", 2)}},
       "its null mask has 2 bytes, 2 rows need 1"},
      {"padding", {time, {"v", Role::kField, Integers(), "\xC1"}}, "table t, column v: has 3 rows, others have 2"},
      {"padding", {time, {"v", Role::kField, Integers(one), "\x20"}}, "bits set behind the last row"},
      {"bytes", {time, {"v", Role::kField, Blobs(), "\xC0"}}, "bytes columns are not supported"},
      {"no type", {time, {"v", Role::kField, NoValues(), "\xC0"}}, "its values have no type"},
      {"no role", {time, {"v", Role::kNone, Floats(kNumbers), {}}}, "neither a tag, a field nor the time"},
      {"numeric tag", {time, value, {"g", Role::kTag, Integers(kTimes), {}}}, "table t, column g: a tag's values are"},
      {"only tags", {time, {"g", Role::kTag, strings(kEmptyTag), {}}}, "table t, row 0: "},
      {"no field",
       {time, {"v", Role::kField, Floats(std::span(kNumbers, 1)), "\x40"}},
       "table t, row 1: no field has a value"},
      {"infinite", {time, {"v", Role::kField, Floats(strange), {}}}, "table t, row 1: column v: infinite"},
      {"nan", {time, {"v", Role::kField, Floats(nan), {}}}, "table t, row 0: column v: infinite"},
      {"empty tag",
       {time, value, {"g", Role::kTag, strings(kEmptyTag), {}}},
       "table t, row 0: the value of tag 'g' is empty"},
      {"newline in a tag", {time, value, {"g", Role::kTag, strings(kNewline), {}}}, "table t, row 1: "},
      {"backslash in a tag", {time, value, {"g", Role::kTag, strings(kBackslash), {}}}, "table t, row 0: "},
      {"bad tag", {time, value, {"g", Role::kTag, strings(kBadText), {}}}, "table t, row 1: invalid UTF-8"},
      {"bad text", {time, {"s", Role::kField, strings(kBadText), {}}}, "table t, row 1: column s: invalid UTF-8"},
  };
  for (const Refusal& refusal : refusals) {
    const auto lines = lines_of(refusal.columns);
    ASSERT_FALSE(lines) << refusal.what;
    EXPECT_EQ(lines.error().code(), ErrorCode::kInvalidInput) << refusal.what;
    EXPECT_THAT(lines.error().message(), StartsWith("table t")) << refusal.what;
    EXPECT_THAT(lines.error().message(), HasSubstr(refusal.message)) << refusal.what;
  }
}

TEST(Lines, TablesNeedNamesThatLinesCanHave) {
  const std::string_view names[] = {"", "#t", "a\nb", "a\\", "a\tb", "\xff", "\n", std::string_view("a\0b", 3)};
  for (const std::string_view name : names)
    EXPECT_THAT(text_of({time_column(), number_column()}, name), HasSubstr("cannot be a table's")) << name;
  EXPECT_EQ(text_of({time_column(), number_column()}, "a,b=c"), "a\\,b=c v=1.5 1\na\\,b=c v=2.5 2\n");
}

TEST(Lines, RowCountsAreCompared) {
  const TableBatch batch{"t", {time_column(), number_column()}, 3};
  const auto lines = to_lines({&batch, 1}, {});
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().message(), "table t: row_count is 3, its columns have 2 rows");
}

TEST(Lines, AreBoundedInBytesAndInCells) {
  const auto bytes = lines_of({time_column(), number_column()}, "t", {.text_bytes_max = 10});
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code(), ErrorCode::kTooLarge);
  const auto cells = lines_of({time_column(), number_column()}, "t", {.cells_max = 5});
  ASSERT_FALSE(cells);
  EXPECT_EQ(cells.error().code(), ErrorCode::kTooLarge);
}

// A message can name one column, one mask or one name many times: its size does not bound the work.
TEST(Lines, CellsAreCountedOverAllBatches) {
  const TableBatch batch{"t", {time_column(), number_column()}, std::nullopt};
  EXPECT_TRUE(to_lines(std::vector(1, batch), {.cells_max = 20}));
  const auto lines = to_lines(std::vector(2, batch), {.cells_max = 20});
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code(), ErrorCode::kTooLarge);
}

TEST(Lines, KnowWhereTheyCameFrom) {
  const std::vector<std::string> texts = {"a\nb\nc", "d"};
  const std::vector<TableBatch> batches = {{"one", {time_column(), {"s", Role::kField, strings(texts), {}}}, {}},
                                           {"two", {time_column(), number_column()}, {}}};
  const Lines lines = to_lines(batches, {}).value();
  EXPECT_EQ(lines.rows(), 4u);
  EXPECT_EQ(lines.place_of(1), "table one, row 0");
  EXPECT_EQ(lines.place_of(3), "table one, row 0");
  EXPECT_EQ(lines.place_of(4), "table one, row 1");
  EXPECT_EQ(lines.place_of(5), "table two, row 0");
  EXPECT_EQ(lines.place_of(99), "table two, row 1");
}

// Whatever is accepted, the parser reads back: names, tags, values and times.
RC_GTEST_PROP(Lines, ComeBackThroughTheParser, ()) {
  const auto of = [](const std::string& characters) {
    return rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(characters)));
  };
  const auto some_name = [&] { return of("abcabc,,== \\\\\"\"##"); };
  const auto some_text = [&] { return of("abc,= \\\"#\n\t\r"); };
  const std::string table = *some_name();
  const std::string field = *some_name();
  const std::string tag = *some_name();
  const std::vector<std::string> tag_values = {*some_name()};
  const std::vector<std::string> texts = {*some_text()};
  const int64_t times[] = {*rc::gen::arbitrary<int64_t>()};
  const double number = *rc::gen::arbitrary<double>();
  const double numbers[] = {number};
  const auto lines = lines_of({{"time", Role::kTime, Integers(times), {}},
                               {tag, Role::kTag, strings(tag_values), {}},
                               {field, Role::kField, strings(texts), {}},
                               {"number", Role::kField, Floats(numbers), {}}},
                              table);
  if (!lines) RC_DISCARD("no form as a line");
  line_protocol::Batch parsed;
  line_protocol::parse(lines->text(), {}, parsed);
  RC_ASSERT(parsed.errors.empty());
  RC_ASSERT(parsed.lines.size() == 1u);
  RC_ASSERT(parsed.fields.size() == 2u);
  RC_ASSERT(parsed.lines[0].timestamp == times[0]);
  const auto name = line_protocol::split_series(parsed.lines[0].series.in(lines->text()), 1000);
  RC_ASSERT(name.has_value());
  RC_ASSERT(name->measurement == table);
  RC_ASSERT(name->tags.size() == 1u);
  RC_ASSERT(name->tags[0].key == tag && name->tags[0].value == tag_values[0]);
  std::string key;
  line_protocol::append_unescaped(parsed.fields[0].key.in(lines->text()), line_protocol::Escapes::kKey, key);
  RC_ASSERT(key == field);
  std::string value;
  line_protocol::append_unescaped(parsed.fields[0].string_value.in(lines->text()), line_protocol::Escapes::kString,
                                  value);
  RC_ASSERT(value == texts[0]);
  RC_ASSERT(parsed.fields[1].float_value == number);
}

}  // namespace
}  // namespace magnetite::columnar_write
