// parse() against parse_scalar(): same batches for every text, on every vector unit of this machine.
#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "line_protocol/parser.h"
#include "line_protocol/testing/cases.h"
#include "line_protocol/testing/describe.h"

namespace magnetite::line_protocol {
namespace {

std::string with_scalar(std::string_view text, const ParseOptions& options) {
  Batch batch;
  parse_scalar(text, options, batch);
  return describe_fully(batch);
}

// The text in a buffer of its own size, so that the address sanitizer sees a read beyond it.
std::string with_vectors(std::string_view text, const ParseOptions& options) {
  const std::vector<char> exact(text.begin(), text.end());
  Batch batch;
  parse({exact.data(), exact.size()}, options, batch);
  return describe_fully(batch);
}

void expect_agreement(std::string_view text, const ParseOptions& options = {.default_time_nanos = kCaseTime}) {
  EXPECT_EQ(with_vectors(text, options), with_scalar(text, options)) << testing::PrintToString(std::string(text));
}

// Each test runs once for every vector unit the library was compiled for and the machine has.
class Agreement : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { choose(GetParam()); }
  void TearDown() override { choose(0); }

 private:
  static void choose(int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

std::vector<int64_t> targets() {
  std::vector<int64_t> each;
  for (int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1) each.push_back(left & -left);
  return each;
}

INSTANTIATE_TEST_SUITE_P(Target, Agreement, testing::ValuesIn(targets()),
                         [](const auto& target) { return std::string(hwy::TargetName(target.param)); });

constexpr std::string_view kTail =
    "\ntail,with=many,more=bytes,than=any,vector=has,so=that,the=case,is=read,by=the fast=path,and=\"not by the "
    "reference\""
    " 1700000000000000000";

TEST_P(Agreement, OnEveryFormAtEveryPlaceOfAVector) {
  for (const Case& example : kCases) {
    for (size_t shift = 0; shift <= 130; ++shift) {
      std::string text = shift < 6 ? std::string(shift, ' ') : "p " + std::string(shift - 5, 'x') + "=t\n";
      text += example.text;
      if (shift <= 70) expect_agreement(text);
      if (!example.text.ends_with('\\')) expect_agreement(text += kTail);
    }
  }
}

TEST_P(Agreement, OnTokensOfEveryLength) {
  for (size_t length = 1; length <= 140; ++length) {
    const std::string token(length, 'k');
    for (const std::string& line :
         {token + " x=1i 5", "m," + token + "=v x=1i 5", "m,t=" + token + " x=1i 5", "m " + token + "=1i 5",
          "m x=\"" + token + "\" 5", "m x=\"" + token + "\\\"\\\\\" 5", "m x=\"" + token + "\n\" 5",
          token + "\\,\\ \\\\k,a=b x=1i", "m " + token + "\\=\\\\ k=1i", "m x=" + std::string(length, '1') + " 5",
          "m x=" + std::string(length, '1') + "i 5", "m x=-" + std::string(length, '9') + "u 5",
          "m x=0." + std::string(length, '3') + " 5", "m x=1i " + std::string(length, '1'),
          "m x=1i -" + std::string(length, '0') + "7",
          "m" + std::string(length, ' ') + "x=t" + std::string(length, ' ') + "5",
          "m x=1i 5" + std::string(length, ' ') + "\r"})
      expect_agreement(line + std::string(kTail));
  }
}

TEST_P(Agreement, OnEveryPrecision) {
  for (const Precision precision :
       {Precision::kAuto, Precision::kNanoseconds, Precision::kMicroseconds, Precision::kMilliseconds,
        Precision::kSeconds, Precision::kMinutes, Precision::kHours})
    for (const char* time : {"", "0", "-1", "4999999999", "5000000000", "9223372036", "9223372036854775807",
                             "-9223372036854775807", "-9223372036854775808", "9999999999999999999"})
      expect_agreement("m x=1i " + std::string(time) + std::string(kTail),
                       {.precision = precision, .default_time_nanos = 1'700'000'000'123'456'789});
}

TEST_P(Agreement, OnLimits) {
  for (size_t bytes = 1; bytes < 20; ++bytes) {
    const std::string text = "abcdefghij,a=b klmnopqrst=1i" + std::string(kTail);
    expect_agreement(text, {.key_bytes_max = bytes});
    expect_agreement(text, {.line_bytes_max = 20 + bytes});
    expect_agreement("a\nb\nc x=\n" + text, {.errors_max = bytes - 1});
  }
}

TEST_P(Agreement, OnMutatedText) {
  std::mt19937_64 random(11);
  const std::string_view alphabet(" ,=\"\\\n\r\t#aitu1.-e\xc3\0", 19);
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    for (size_t lines = 1 + random() % 6; lines > 0; --lines) {
      text += std::begin(kCases)[random() % std::size(kCases)].text;
      text += random() % 8 == 0 ? std::string_view() : random() % 2 == 0 ? std::string_view("\n") : kTail;
    }
    for (size_t i = random() % 6; i > 0; --i) {
      const size_t at = random() % (text.size() + 1);
      const char c = alphabet[random() % alphabet.size()];
      if (at == text.size() || random() % 3 == 0)
        text.insert(at, 1, c);
      else if (random() % 3 == 0)
        text.erase(at, 1 + random() % 4);
      else
        text[at] = c;
    }
    expect_agreement(text);
  }
}

// Everything the fuzzer has found worth keeping.
TEST_P(Agreement, OnTheFuzzersCorpus) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MAGNETITE_LINE_PROTOCOL_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    expect_agreement(text);
    expect_agreement(text + std::string(kTail));
    ++files;
  }
  EXPECT_GT(files, 20u);
}

}  // namespace
}  // namespace magnetite::line_protocol
