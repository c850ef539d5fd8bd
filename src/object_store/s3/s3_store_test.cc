// What the store does when a server misbehaves, against a scripted one. Waits take simulated time.
#include "object_store/s3/s3_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/sim/sim_executor.h"
#include "object_store/testing/script_server.h"
#include "object_store/testing/text.h"

namespace magnetite::object_store {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using testing::bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScriptedAnswer;
using ::testing::SizeIs;
using testing::text;

const ObjectPath kPath({"1", "my db", "x"});

std::string error_xml(std::string_view code, std::string_view message = "why") {
  return fmt::format("<?xml version=\"1.0\"?><Error><Code>{}</Code><Message>{}</Message></Error>", code, message);
}
const ScriptedAnswer kSlowDown{.status = 503, .body = error_xml("SlowDown")};
const ScriptedAnswer kInternal{.status = 500, .body = error_xml("InternalError")};
const ScriptedAnswer kExists{.status = 412, .body = error_xml("PreconditionFailed")};
const ScriptedAnswer kLost{.is_lost = true};

class S3StoreTest : public ::testing::Test {
 protected:
  // The body of a test, as a task; the store's limits are small.
  void run(std::move_only_function<void(ObjectStore&)> body) {
    executor_.run([&] {
      const auto store = make_s3_store({.bucket = "data",
                                        .keys = keys_,
                                        .endpoint = server_.url(),
                                        .addressing = S3Addressing::kPath,
                                        .metadata_endpoint = server_.url()},
                                       executor_, {.check = seconds(6), .repeat = seconds(30), .part_bytes = 1'000});
      body(*store);
    });
  }
  Duration elapsed() { return executor_.clock().mono_now() - start_; }

  testing::ScriptServer server_;
  sim::SimExecutor executor_{1};
  const MonoTime start_ = executor_.clock().mono_now();
  std::optional<S3Keys> keys_ = S3Keys{"testkey", "testsecret", "testtoken"};
};

TEST_F(S3StoreTest, RequestsAreSignedAndNamed) {
  server_.answer({});
  run([](ObjectStore& store) { ASSERT_TRUE(store.put(kPath, bytes("hello"))); });
  const auto seen = server_.last();
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.target, "/data/1/my%2520db/x");
  EXPECT_EQ(seen.body, "hello");
  EXPECT_THAT(seen.headers.at("authorization"),
              AllOf(HasSubstr("AWS4-HMAC-SHA256 Credential=testkey/"), HasSubstr("/us-east-1/s3/aws4_request"),
                    HasSubstr("x-amz-security-token")));
  EXPECT_EQ(seen.headers.at("x-amz-security-token"), "testtoken");
  // SHA-256 of "hello": the server can tell damage on the way.
  EXPECT_EQ(seen.headers.at("x-amz-content-sha256"),
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(seen.headers.at("content-length"), "5");
}

TEST_F(S3StoreTest, ABusyServerIsAskedAgainLaterAndLater) {
  for (int i = 0; i < 4; ++i) server_.answer(kSlowDown);
  server_.answer({.body = "hello"});
  run([](ObjectStore& store) { EXPECT_EQ(text(store.get(kPath)), "hello"); });
  EXPECT_THAT(server_.seen(), SizeIs(5));
  EXPECT_GT(elapsed(), std::chrono::milliseconds(180));  // at least half of 25 + 50 + 100 + 200 ms, at most all
  EXPECT_LT(elapsed(), std::chrono::milliseconds(800));
}

TEST_F(S3StoreTest, RepeatingEndsAtTheDeadline) {
  for (int i = 0; i < 100; ++i) server_.answer(kSlowDown);
  run([](ObjectStore& store) {
    const auto put = store.put(kPath, bytes("x"));
    EXPECT_EQ(put.error().code(), ErrorCode::kUnavailable);
    EXPECT_THAT(put.error().message(), HasSubstr("SlowDown"));
  });
  EXPECT_LE(elapsed(), seconds(30));
  EXPECT_GE(elapsed(), seconds(24));
}

TEST_F(S3StoreTest, ALostAnswerOfAPutIsRepeatedAndElseUnclear) {
  server_.answer(kLost);
  server_.answer({});
  run([](ObjectStore& store) { EXPECT_TRUE(store.put(kPath, bytes("x"))); });
  EXPECT_THAT(server_.seen(), SizeIs(2));
  EXPECT_EQ(server_.seen()[0].body, server_.seen()[1].body);

  server_.answer(kInternal);
  for (int i = 0; i < 100; ++i) server_.answer(kSlowDown);
  run([](ObjectStore& store) { EXPECT_EQ(store.put(kPath, bytes("x")).error().code(), ErrorCode::kUnclear); });
}

// Repeated by itself it would meet its own object and take it for another's.
TEST_F(S3StoreTest, ALostAnswerOfPutIfAbsentIsUnclearAtOnce) {
  for (const ScriptedAnswer& unclear : {kLost, kInternal}) {
    const size_t before = server_.seen().size();
    server_.answer(unclear);
    run([](ObjectStore& store) {
      EXPECT_EQ(store.put_if_absent(kPath, bytes("x")).error().code(), ErrorCode::kUnclear);
    });
    EXPECT_EQ(server_.seen().size(), before + 1);
    EXPECT_EQ(server_.last().headers.at("if-none-match"), "*");
  }
}

TEST_F(S3StoreTest, PutIfAbsentIsRepeatedWhenSurelyNotDone) {
  server_.answer(kSlowDown);
  server_.answer({.status = 409, .body = error_xml("ConditionalRequestConflict")});
  server_.answer(kExists);
  run([](ObjectStore& store) {
    EXPECT_EQ(store.put_if_absent(kPath, bytes("x")).error().code(), ErrorCode::kAlreadyExists);
  });
  EXPECT_THAT(server_.seen(), SizeIs(3));
}

TEST_F(S3StoreTest, AServerThatIgnoresConditionsIsFoundOut) {
  server_.answer({});
  server_.answer({});
  run([](ObjectStore& store) {
    const auto put = store.put_if_absent(kPath, bytes("x"));
    EXPECT_EQ(put.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(put.error().message(), HasSubstr("If-None-Match"));
  });
}

TEST_F(S3StoreTest, AServerIsTriedForConditionsOnce) {
  server_.answer({});
  server_.answer(kExists);
  server_.answer({});
  run([](ObjectStore& store) {
    EXPECT_TRUE(store.put_if_absent(kPath, bytes("x")));
    EXPECT_TRUE(store.put_if_absent(ObjectPath({"y"}), bytes("y")));
  });
  EXPECT_THAT(server_.seen(), SizeIs(3));
}

TEST_F(S3StoreTest, ErrorsSayWhatToDo) {
  const struct {
    ScriptedAnswer answer;
    ErrorCode code;
    std::string_view advice;
  } table[] = {
      {{.status = 404, .body = error_xml("NoSuchBucket")}, ErrorCode::kFailedPrecondition, "--bucket"},
      {{.status = 403, .body = error_xml("InvalidAccessKeyId")}, ErrorCode::kFailedPrecondition, "--aws-access-key-id"},
      {{.status = 403, .body = error_xml("SignatureDoesNotMatch")},
       ErrorCode::kFailedPrecondition,
       "--aws-secret-access-key"},
      {{.status = 403, .body = error_xml("RequestTimeTooSkewed")}, ErrorCode::kFailedPrecondition, "clock"},
      {{.status = 400, .body = error_xml("ExpiredToken")}, ErrorCode::kFailedPrecondition, "--aws-session-token"},
      {{.status = 301, .body = "", .headers = {{"x-amz-bucket-region", "eu-west-1"}}},
       ErrorCode::kFailedPrecondition,
       "--aws-default-region eu-west-1"},
      {{.status = 307, .body = ""}, ErrorCode::kFailedPrecondition, "--aws-endpoint"},
      {{.status = 507, .body = error_xml("XMinioStorageFull")}, ErrorCode::kResourceExhausted, "full"},
      {{.status = 400, .body = error_xml("EntityTooLarge")}, ErrorCode::kTooLarge, ""},
      {{.status = 418, .body = "I am a teapot"}, ErrorCode::kFailedPrecondition, "418"},
  };
  for (const auto& [answer, code, advice] : table) {
    server_.answer(answer);
    run([&](ObjectStore& store) {
      const auto put = store.put(kPath, bytes("x"));
      EXPECT_EQ(put.error().code(), code) << answer.body;
      EXPECT_THAT(put.error().message(),
                  AllOf(HasSubstr(std::string(advice)), HasSubstr("bucket 'data' at http://"), Not(HasSubstr("\n"))));
    });
  }
  EXPECT_THAT(server_.seen(), SizeIs(std::size(table)));  // none was repeated
}

TEST_F(S3StoreTest, AnAnswerThatIsNoXmlIsNoTrouble) {
  for (const std::string body : {"", "<html>Bad Gateway", "<Error><Code>", std::string(100'000, 'x').c_str()}) {
    server_.answer({.status = 403, .body = body});
    run([](ObjectStore& store) {
      const auto got = store.get(kPath);
      EXPECT_EQ(got.error().code(), ErrorCode::kFailedPrecondition);
      EXPECT_LT(got.error().message().size(), 600u);
    });
  }
  server_.answer({.status = 200, .body = "<html>hello"});
  run([](ObjectStore& store) { EXPECT_EQ(store.list({}).error().code(), ErrorCode::kUnavailable); });
}

TEST_F(S3StoreTest, AShortRangeIsRefused) {
  server_.answer({.status = 206, .body = "hell"});
  server_.answer({.status = 416, .body = error_xml("InvalidRange")});
  server_.answer({.status = 200, .body = "hello"});
  run([](ObjectStore& store) {
    EXPECT_EQ(store.get_range(kPath, 0, 5).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(store.get_range(kPath, 9, 5).error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(store.get_range(kPath, 0, 5).error().code(), ErrorCode::kFailedPrecondition);
  });
  EXPECT_EQ(server_.seen()[0].headers.at("range"), "bytes=0-4");
}

TEST_F(S3StoreTest, PagesFollowTheTokenAndKeysOfOthersAreNotThere) {
  constexpr std::string_view kPage =
      "<ListBucketResult>{}<Contents><Key>{}</Key><LastModified>2026-11-25T15:00:00.500Z</LastModified>"
      "<Size>5</Size></Contents><CommonPrefixes><Prefix>1/{}/</Prefix></CommonPrefixes></ListBucketResult>";
  server_.answer(
      {.body = fmt::format(kPage, "<IsTruncated>true</IsTruncated><NextContinuationToken>a+b=</NextContinuationToken>",
                           "1/a%20b", "d%2Fe")});
  server_.answer({.body = fmt::format(kPage, "<IsTruncated>false</IsTruncated>", "1/not a path", "z")});
  run([](ObjectStore& store) {
    const FolderListing listing = store.list_folder(ObjectPath({"1"})).value();
    EXPECT_THAT(listing.objects, ElementsAre(ObjectPath({"1", "a b"})));
    EXPECT_THAT(listing.folders, ElementsAre("d/e", "z"));
  });
  EXPECT_EQ(server_.seen()[0].target, "/data?delimiter=%2F&list-type=2&max-keys=1000&prefix=1%2F");
  EXPECT_EQ(server_.seen()[1].target,
            "/data?continuation-token=a%2Bb%3D&delimiter=%2F&list-type=2&max-keys=1000&prefix=1%2F");

  server_.answer({.body = fmt::format(kPage, "", "1/x", "y")});
  run([](ObjectStore& store) {
    const ListPage page = store.list_page({.folder = ObjectPath({"1"})}).value();
    EXPECT_EQ(page.objects.front().size_bytes, 5u);
    EXPECT_EQ(page.objects.front().last_modified.nanos, 1'795'618'800'500'000'000);
  });
}

TEST_F(S3StoreTest, AListingThatIsCutWithoutATokenIsNoListing) {
  server_.answer({.body = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"});
  run([](ObjectStore& store) { EXPECT_EQ(store.list({}).error().code(), ErrorCode::kUnavailable); });
}

const ScriptedAnswer kUploadStarted{
    .body = "<InitiateMultipartUploadResult><UploadId>id/1</UploadId></InitiateMultipartUploadResult>"};

TEST_F(S3StoreTest, ALargeStreamGoesUpInPartsAndASmallOneInOne) {
  server_.answer({});
  run([](ObjectStore& store) {
    const auto writer = store.start_put(kPath).value();
    ASSERT_TRUE(writer->append(Bytes(999)));
    ASSERT_TRUE(writer->commit());
  });
  EXPECT_THAT(server_.seen(), SizeIs(1));

  server_.answer(kUploadStarted);
  server_.answer({.headers = {{"ETag", "\"one\""}}});
  server_.answer({.headers = {{"ETag", "\"two\""}}});
  server_.answer({.body = "<CompleteMultipartUploadResult/>"});
  run([](ObjectStore& store) {
    const auto writer = store.start_put(kPath).value();
    ASSERT_TRUE(writer->append(Bytes(700)));
    ASSERT_TRUE(writer->append(Bytes(700)));
    ASSERT_TRUE(writer->commit());
  });
  const auto seen = server_.seen();
  ASSERT_THAT(seen, SizeIs(5));
  EXPECT_EQ(seen[1].method + " " + seen[1].target, "POST /data/1/my%2520db/x?uploads=");
  EXPECT_EQ(seen[2].method + " " + seen[2].target, "PUT /data/1/my%2520db/x?partNumber=1&uploadId=id%2F1");
  EXPECT_THAT(seen[2].body, SizeIs(1'000));
  EXPECT_THAT(seen[3].body, SizeIs(400));
  EXPECT_EQ(seen[4].method + " " + seen[4].target, "POST /data/1/my%2520db/x?uploadId=id%2F1");
  EXPECT_THAT(seen[4].body, HasSubstr("<Part><PartNumber>2</PartNumber><ETag>\"two\"</ETag></Part>"));
}

TEST_F(S3StoreTest, AStreamThatIsGivenUpIsGivenUpAtTheServer) {
  server_.answer(kUploadStarted);
  server_.answer({.headers = {{"ETag", "\"one\""}}});
  server_.answer({.status = 204});
  run([](ObjectStore& store) { ASSERT_TRUE(store.start_put(kPath).value()->append(Bytes(1'500))); });
  EXPECT_EQ(server_.last().method + " " + server_.last().target, "DELETE /data/1/my%2520db/x?uploadId=id%2F1");
}

// "200 OK" is sent before the server knows, and the error follows in the body.
TEST_F(S3StoreTest, AnErrorInTheBodyOfAGoodAnswerIsAnError) {
  server_.answer(kUploadStarted);
  server_.answer({.headers = {{"ETag", "\"one\""}}});
  server_.answer({.status = 200, .body = error_xml("InternalError")});
  server_.answer({.status = 404, .body = error_xml("NoSuchUpload")});  // the first try did complete it
  server_.answer({.status = 204});
  run([](ObjectStore& store) {
    const auto writer = store.start_put(kPath).value();
    ASSERT_TRUE(writer->append(Bytes(1'000)));
    EXPECT_EQ(writer->commit().error().code(), ErrorCode::kUnclear);
  });
}

TEST_F(S3StoreTest, APieceThatIsLostIsNeverUnclear) {
  server_.answer(kUploadStarted);
  for (int i = 0; i < 100; ++i) server_.answer(kInternal);
  run([](ObjectStore& store) {
    EXPECT_EQ(store.start_put(kPath).value()->append(Bytes(1'000)).error().code(), ErrorCode::kUnavailable);
  });
}

TEST_F(S3StoreTest, CheckReadsUnderANameThatNobodyHas) {
  server_.answer({.body = "<ListBucketResult/>"});
  run([](ObjectStore& store) { EXPECT_TRUE(store.check()); });
  EXPECT_THAT(server_.last().target, HasSubstr("/data?list-type=2&max-keys=1&prefix="));
}

TEST_F(S3StoreTest, AStoreThatCannotBeUsedIsKnownWithinSeconds) {
  for (int i = 0; i < 100; ++i) server_.answer(kSlowDown);
  run([](ObjectStore& store) {
    const auto checked = store.check();
    EXPECT_THAT(checked.error().message(), HasSubstr("object store s3 bucket 'data' at http://127.0.0.1"));
  });
  EXPECT_LE(elapsed(), seconds(6));
}

TEST(S3Store, ADeadEndpointIsNamed) {
  std::string url;
  {
    const testing::ScriptServer gone;
    url = gone.url();
  }
  sim::SimExecutor executor(1);
  executor.run([&] {
    const auto store = make_s3_store(
        {.bucket = "data", .keys = S3Keys{"k", "s"}, .endpoint = url, .addressing = S3Addressing::kPath}, executor);
    const auto checked = store->check();
    EXPECT_EQ(checked.error().code(), ErrorCode::kUnavailable);
    EXPECT_THAT(checked.error().message(), HasSubstr(url));
    EXPECT_EQ(store->put(kPath, bytes("x")).error().code(), ErrorCode::kUnavailable);  // not unclear: nobody was there
  });
}

TEST_F(S3StoreTest, WithoutKeysTheRoleOfTheMachineSigns) {
  keys_ = std::nullopt;
  server_.answer({.body = "token-1"});
  server_.answer({.body = "role-1"});
  server_.answer({.body = R"({"Code":"Success","AccessKeyId":"rolekey","SecretAccessKey":"s","Token":"roletoken",
                            "Expiration":"2026-01-01T06:00:00Z","Extra":1})"});
  server_.answer({.body = "hello"});
  server_.answer({.body = "again"});
  run([](ObjectStore& store) {
    EXPECT_EQ(text(store.get(kPath)), "hello");
    EXPECT_EQ(text(store.get(kPath)), "again");  // the keys are kept
  });
  const auto seen = server_.seen();
  ASSERT_THAT(seen, SizeIs(5));
  EXPECT_EQ(seen[0].method + " " + seen[0].target, "PUT /latest/api/token");
  EXPECT_EQ(seen[1].headers.at("x-aws-ec2-metadata-token"), "token-1");
  EXPECT_EQ(seen[2].target, "/latest/meta-data/iam/security-credentials/role-1");
  EXPECT_THAT(seen[3].headers.at("authorization"), HasSubstr("Credential=rolekey/"));
  EXPECT_EQ(seen[3].headers.at("x-amz-security-token"), "roletoken");
}

TEST_F(S3StoreTest, WithoutKeysAndRoleTheErrorSaysSo) {
  keys_ = std::nullopt;
  server_.answer({.status = 404});
  run([](ObjectStore& store) {
    EXPECT_THAT(store.check().error().message(), AllOf(HasSubstr("AWS_ACCESS_KEY_ID"), HasSubstr("metadata")));
  });
}

}  // namespace
}  // namespace magnetite::object_store
