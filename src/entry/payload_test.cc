#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "entry/testing/identity.h"
#include "entry/testing/routing.h"

namespace magnetite::entry {
namespace {

using testing::parse;

TEST(Payload, AWholeCleanBodyIsPassedOnAsItIs) {
  const auto body = parse("m x=1i 1\nm x=2i 2");
  Payload payload;
  const std::vector<uint32_t> lines = {0, 1};
  make_payload(*body, lines, payload);
  EXPECT_EQ(payload.text.data(), body->text.data());
}

TEST(Payload, TimesBecomeExplicitNanoseconds) {
  const auto body = parse("m,t=a\\ b x=\"q\nr\"   \r\n# c\nbad\nm x=2i 2\n");
  Payload payload;
  const std::vector<uint32_t> lines = {0, 1};
  make_payload(*body, lines, payload);
  EXPECT_EQ(payload.text, "m,t=a\\ b x=\"q\nr\" 1602338097000000000\nm x=2i 2\n");
}

TEST(Payload, LinesThatSayTheirTimeAreCopied) {
  const auto body = parse("m x=1i 0001\nm x=2i\n  m x=3i 3 \r\n");
  Payload payload;
  const std::vector<uint32_t> lines = {0, 2};
  make_payload(*body, lines, payload);
  EXPECT_EQ(payload.text, "m x=1i 0001\nm x=3i 3\n");
}

// Everything a line says, tags as a name.
std::string row(const ParsedBody& body, uint32_t index) {
  const line_protocol::Line& line = body.batch.lines[index];
  const auto name = line_protocol::split_series(line.series.in(body.text), SIZE_MAX).value();
  std::string text = line_protocol::canonical_text(name) + " @" + std::to_string(line.timestamp);
  for (uint32_t i = 0; i < line.field_count; ++i) {
    const line_protocol::Field& field = body.batch.fields[line.field_first + i];
    text += " " + std::string(field.key.in(body.text)) + "=";
    switch (field.type) {
      case line_protocol::FieldType::kFloat:
        text += std::to_string(std::bit_cast<uint64_t>(field.float_value)) + "f";
        break;
      case line_protocol::FieldType::kInteger:
        text += std::to_string(field.integer_value) + "i";
        break;
      case line_protocol::FieldType::kUnsigned:
        text += std::to_string(field.unsigned_value) + "u";
        break;
      case line_protocol::FieldType::kBoolean:
        text += field.boolean_value ? "t" : "f";
        break;
      case line_protocol::FieldType::kString:
        line_protocol::append_unescaped(field.string_value.in(body.text), line_protocol::Escapes::kString, text);
    }
  }
  return text;
}

// A replay must meet the rows that were acknowledged: any mix of good, bad and foreign lines, any precision.
RC_GTEST_PROP(Payload, ReplayGivesTheSameRows, ()) {
  std::mt19937_64 random(*rc::gen::arbitrary<uint32_t>());
  const auto identities = *rc::gen::container<std::vector<testing::Identity>>(testing::any_identity());
  const std::vector<std::string> fields = {
      "x=1i",        "x=-7i,y=2.5", "s=\"a b\"", "s=\"l1\nl2 #\\\"\",x=3i", "t=t", "u=18446744073709551615u",
      "k\\ 1=1e300", "x=bad",       "s=\"open"};
  const std::vector<std::string> times = {"", " 5", " -12", " 1602338097", "  77", " 1x"};
  const std::vector<std::string> ends = {"\n", "\r\n", " \n", "\n\n# comment x=\"\n", "\n  "};
  std::string text;
  for (const testing::Identity& identity : identities)
    text += testing::spell(identity, random) + " " + fields[random() % fields.size()] + times[random() % times.size()] +
            ends[random() % ends.size()];
  const auto precision = *rc::gen::element(line_protocol::Precision::kNanoseconds, line_protocol::Precision::kSeconds,
                                           line_protocol::Precision::kAuto);
  const auto body = parse(text, precision);
  std::vector<uint32_t> lines;
  const bool all = random() % 2 == 0;
  for (uint32_t i = 0; i < body->batch.lines.size(); ++i)
    if (all || random() % 2 == 0) lines.push_back(i);
  Payload payload;
  make_payload(*body, lines, payload);

  const auto replayed = parse(std::string(payload.text));
  RC_ASSERT(replayed->batch.errors_total == 0u);
  RC_ASSERT(replayed->batch.lines.size() == lines.size());
  for (uint32_t i = 0; i < lines.size(); ++i) RC_ASSERT(row(*replayed, i) == row(*body, lines[i]));
}

}  // namespace
}  // namespace magnetite::entry
