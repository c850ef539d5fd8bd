#include "persistence/checkpoint_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "persistence/testing/ranges.h"

namespace magnetite::persistence {
namespace {

using testing::persisted;
using testing::range;
using testing::ranges;

const std::string kLogText = "00112233-4455-4677-8899-aabbccddeeff";
const model::Uuid kLog = model::Uuid::parse(kLogText).value();

TEST(CheckpointCodec, TheTextsAreTheDocumentedOnes) {
  EXPECT_EQ(encode(PartitionCheckpoint{kLog, "cpu", "d", ranges({{0, persisted(50)}}), 1'000'000'000}),
            "1;" + kLogText + ";1000000000;0:/50");
  EXPECT_EQ(encode(PartitionCheckpoint{kLog, "cpu", "d", ranges({{0, range(3, 50)}, {7, persisted(9)}}), {}}),
            "1;" + kLogText + ";;0:3/50,7:/9");
  EXPECT_EQ(encode(DatabaseCheckpoint{kLog, ranges({{0, range(2, 2)}})}), "1;" + kLogText + ";0:2/2");
  EXPECT_EQ(encode(DatabaseCheckpoint{kLog, {}}), "1;" + kLogText + ";");
}

TEST(CheckpointCodec, ACleanPartitionOfOneSequencerTakesTensOfBytes) {
  const PartitionCheckpoint clean{kLog, "cpu", "2026-11-25", ranges({{3, persisted(1'000'000'000)}}),
                                  1'795'000'000'000'000'000};
  EXPECT_LE(encode(clean).size(), 75u);
}

TEST(CheckpointCodec, OtherTextsAreCorruption) {
  const std::string head = "1;" + kLogText + ";";
  for (const std::string& bad : {std::string(),
                                 std::string("1"),
                                 "2;" + kLogText + ";0:/1",
                                 "1;" + kLogText,
                                 head + "0",
                                 head + "0:",
                                 head + "0:1",
                                 head + "0:/",
                                 head + "0:1/",
                                 head + "0:2/1",
                                 head + "0:/1,",
                                 head + ",0:/1",
                                 head + "0:/1;",
                                 head + "0:/01",
                                 head + "0:+1/2",
                                 head + "-1:/1",
                                 head + "4294967296:/1",
                                 head + "0:/18446744073709551616",
                                 head + "1:/1,0:/1",
                                 head + "0:/1,0:/1",
                                 head + "0:/1 ",
                                 std::string("1;00112233-4455-4677-8899-AABBCCDDEEFF;0:/1")}) {
    const auto decoded = decode_database_checkpoint(bad);
    ASSERT_FALSE(decoded) << bad;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption) << bad;
  }
  for (const std::string& bad : {head, head + "0:/1", head + "x;0:/1", head + "9223372036854775808;", head + "-0;"}) {
    const auto decoded = decode_partition_checkpoint(bad, "t", "p");
    ASSERT_FALSE(decoded) << bad;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption) << bad;
  }
}

TEST(CheckpointCodec, LongGarbageIsReportedInShort) {
  EXPECT_LT(decode_database_checkpoint(std::string(1'000'000, 'x')).error().message().size(), 200u);
}

RC_GTEST_PROP(CheckpointCodec, RoundTrip, ()) {
  PartitionCheckpoint checkpoint{kLog, "t", "p", {}, {}};
  if (*rc::gen::arbitrary<bool>()) checkpoint.flush_timestamp = *rc::gen::arbitrary<int64_t>();
  for (const uint32_t sequencer : *rc::gen::arbitrary<std::vector<uint32_t>>()) {
    const auto [low, high] = *rc::gen::arbitrary<std::pair<uint64_t, uint64_t>>();
    checkpoint.ranges.emplace(model::SequencerId{sequencer}, low > high ? persisted(low) : range(low, high));
  }
  RC_ASSERT(decode_partition_checkpoint(encode(checkpoint), "t", "p").value() == checkpoint);
  const DatabaseCheckpoint database{kLog, checkpoint.ranges};
  RC_ASSERT(decode_database_checkpoint(encode(database)).value() == database);
}

RC_GTEST_PROP(CheckpointCodec, OneTextForEachCheckpoint, ()) {
  std::string text = encode(DatabaseCheckpoint{kLog, ranges({{0, range(3, 50)}, {7, persisted(9)}})});
  const auto at = *rc::gen::inRange<size_t>(0, text.size());
  if (*rc::gen::arbitrary<bool>())
    text.resize(at);
  else
    text[at] = *rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::element('0', '9', ';', ',', ':', '/', '-'));
  if (const auto decoded = decode_database_checkpoint(text); decoded)
    RC_ASSERT(encode(*decoded) == text);
  else
    RC_ASSERT(decoded.error().code() == ErrorCode::kCorruption);
}

}  // namespace
}  // namespace magnetite::persistence
