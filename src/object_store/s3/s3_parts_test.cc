// The pure parts of the S3 store.
#include <gmock/gmock.h>

#include "object_store/s3/credentials.h"
#include "object_store/s3/s3_url.h"
#include "object_store/s3/s3_xml.h"
#include "object_store/s3/verdict.h"
#include "object_store/testing/text.h"

namespace magnetite::object_store::s3 {
namespace {

using testing::bytes;
using ::testing::ElementsAre;

TEST(S3Url, PutsTheBucketIntoPathOrHost) {
  S3Settings settings{.bucket = "data", .region = "eu-west-1"};
  EXPECT_EQ(url_of(settings, "1/a%20b", {}), "https://data.s3.eu-west-1.amazonaws.com/1/a%2520b");
  EXPECT_EQ(url_of(settings, "", {{"prefix", "a/b c"}, {"list-type", "2"}}),
            "https://data.s3.eu-west-1.amazonaws.com/?list-type=2&prefix=a%2Fb%20c");
  settings.endpoint = "http://127.0.0.1:9000/";
  EXPECT_EQ(url_of(settings, "x", {}), "http://data.127.0.0.1:9000/x");
  settings.addressing = S3Addressing::kPath;
  EXPECT_EQ(url_of(settings, "x", {}), "http://127.0.0.1:9000/data/x");
  EXPECT_EQ(url_of(settings, "", {{"uploads", ""}}), "http://127.0.0.1:9000/data?uploads=");
}

TEST(S3Url, LoopbackIsToldFromOtherHosts) {
  for (const char* url : {"http://127.0.0.1:9000", "http://localhost", "http://localhost:1/x", "https://[::1]:9000"})
    EXPECT_TRUE(is_loopback(url)) << url;
  for (const char* url : {"", "http://localhost.example.com", "http://10.0.0.1:9000", "https://s3.amazonaws.com"})
    EXPECT_FALSE(is_loopback(url)) << url;
}

TEST(S3Xml, TimesAreReadOrRefused) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:01Z")->nanos, 1'000'000'000);
  EXPECT_EQ(parse_time("1970-01-01T00:00:01.25Z")->nanos, 1'250'000'000);
  for (const char* bad : {"", "yesterday", "1970-01-01", "1970-13-01T00:00:00Z"}) EXPECT_FALSE(parse_time(bad)) << bad;
}

TEST(S3Xml, GarbageIsRefused) {
  for (const char* garbage :
       {"", "hello", "<a>", "<ListBucketResult><Contents><Key>x</Key></Contents></ListBucketResult>", "<Other/>",
        "\xFF\xFE"}) {
    EXPECT_FALSE(parse_listing(bytes(garbage))) << garbage;
    EXPECT_FALSE(parse_upload_id(bytes(garbage))) << garbage;
    EXPECT_FALSE(parse_error(bytes(garbage))) << garbage;
    EXPECT_FALSE(parse_role_credentials(bytes(garbage))) << garbage;
  }
  EXPECT_FALSE(parse_role_credentials(bytes(R"({"Code":"Failed"})")));
}

TEST(S3Xml, EtagsAreEscaped) {
  EXPECT_EQ(
      complete_upload_body({"\"a\"", "<&>"}),
      "<?xml version=\"1.0\"?>"
      "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part><PartNumber>1</PartNumber>"
      "<ETag>\"a\"</ETag></Part><Part><PartNumber>2</PartNumber><ETag>&lt;&amp;&gt;</ETag></Part>"
      "</CompleteMultipartUpload>");
}

HttpOutcome answer(int status, std::string_view body = "") { return HttpAnswer{status, {}, bytes(body)}; }
HttpOutcome failure(HttpFailureKind kind) { return std::unexpected(HttpFailure{kind, "why"}); }

TEST(Verdict, SaysWhetherToRepeat) {
  using enum Effect;
  const struct {
    HttpOutcome outcome;
    Effect effect;
    bool may_help_to_repeat;
    bool may_be_done;
  } table[] = {
      {answer(503), kNone, true, false},
      {answer(503), kSame, true, false},
      {answer(503), kOnce, true, false},
      {answer(500), kNone, true, false},
      {answer(500), kSame, true, true},
      {answer(500), kOnce, false, true},
      {answer(504), kOnce, false, true},
      {answer(404), kSame, false, false},
      {answer(412), kOnce, false, false},
      {answer(429), kOnce, true, false},
      {answer(200, "<Error><Code>InternalError</Code></Error>"), kSame, true, true},
      {failure(HttpFailureKind::kNotSent), kOnce, true, false},
      {failure(HttpFailureKind::kMaybeDone), kNone, true, false},
      {failure(HttpFailureKind::kMaybeDone), kSame, true, true},
      {failure(HttpFailureKind::kMaybeDone), kOnce, false, true},
      {failure(HttpFailureKind::kHopeless), kSame, false, false},
      {failure(HttpFailureKind::kTooLarge), kNone, false, false},
  };
  for (const auto& [outcome, effect, may_help_to_repeat, may_be_done] : table) {
    const auto verdict = judge(outcome, effect, "a request");
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->may_help_to_repeat, may_help_to_repeat) << verdict->error.message();
    EXPECT_EQ(verdict->may_be_done, may_be_done) << verdict->error.message();
  }
  for (const int status : {200, 204, 206}) EXPECT_FALSE(judge(answer(status), kOnce, "a request"));
  EXPECT_FALSE(judge(answer(200, "<Error><Code>an object may say so</Code></Error>"), kNone, "a get"));
}

TEST(Verdict, BackOffDoublesUpToACap) {
  for (const uint64_t random : {uint64_t{0}, uint64_t{12'345}, UINT64_MAX}) {
    for (uint32_t number = 1; number < 60; ++number) {
      EXPECT_GE(back_off(number, random), std::chrono::milliseconds(25));
      EXPECT_LE(back_off(number, random), std::chrono::seconds(5));
    }
    EXPECT_GE(back_off(40, random), std::chrono::milliseconds(2'500));
  }
}

}  // namespace
}  // namespace magnetite::object_store::s3
