#include "object_store/config.h"

#include <gmock/gmock.h>

namespace magnetite::object_store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string error_of(const StoreOptions& options) {
  const auto settings = store_settings(options);
  return settings ? "none" : settings.error().message();
}

StoreOptions s3_options() {
  return {.kind = "s3", .bucket = "data", .aws_access_key_id = "key", .aws_secret_access_key = "secret"};
}

S3Settings s3_of(const StoreOptions& options) { return std::get<S3Settings>(store_settings(options).value()); }

TEST(StoreConfig, KindsAreReadInAnyCase) {
  EXPECT_EQ(store_settings({.kind = "memory"}).value(), StoreSettings(MemorySettings{}));
  EXPECT_EQ(store_settings({.kind = "MemoryThrottled"}).value(), StoreSettings(ThrottledMemorySettings{}));
  EXPECT_EQ(store_settings({.kind = "FILE", .data_dir = "d"}).value(), StoreSettings(FileSettings{"d/store"}));
  EXPECT_TRUE(std::holds_alternative<S3Settings>(store_settings({.kind = "S3", .bucket = "data"}).value()));
  EXPECT_EQ(error_of({.kind = "cupboard"}),
            "--object-store 'cupboard' is not memory, memorythrottled, file, s3, google or azure");
}

TEST(StoreConfig, EverythingMissingIsNamedAtOnce) {
  const std::pair<StoreOptions, std::string> table[] = {
      {{.kind = "file"}, "--object-store file needs --data-dir (MAGNETITE_DB_DIR)"},
      {{.kind = "s3"}, "--object-store s3 needs --bucket (MAGNETITE_BUCKET)"},
      {{.kind = "s3", .bucket = "data", .aws_access_key_id = "k"},
       "--object-store s3 needs --aws-secret-access-key (AWS_SECRET_ACCESS_KEY)"},
      {{.kind = "s3", .bucket = "data", .aws_secret_access_key = "s"},
       "--object-store s3 needs --aws-access-key-id (AWS_ACCESS_KEY_ID)"},
      {{.kind = "s3", .aws_access_key_id = "k"},
       "--object-store s3 needs --bucket (MAGNETITE_BUCKET), --aws-secret-access-key (AWS_SECRET_ACCESS_KEY)"},
      {{.kind = "s3", .aws_secret_access_key = "s"},
       "--object-store s3 needs --bucket (MAGNETITE_BUCKET), --aws-access-key-id (AWS_ACCESS_KEY_ID)"},
  };
  for (const auto& [options, message] : table) EXPECT_EQ(error_of(options), message);
}

TEST(StoreConfig, StoresThatAreNotBuiltInSaySo) {
  for (const char* kind : {"google", "Azure"})
    EXPECT_THAT(error_of({.kind = kind, .bucket = "data"}), HasSubstr("is not supported with this build"));
}

TEST(StoreConfig, S3TakesItsDefaults) {
  const S3Settings settings = s3_of(s3_options());
  EXPECT_EQ(settings.keys, (S3Keys{"key", "secret", ""}));
  EXPECT_EQ(settings.region, "us-east-1");
  EXPECT_EQ(settings.endpoint, "");
  EXPECT_EQ(settings.addressing, S3Addressing::kVirtualHost);
}

TEST(StoreConfig, WithoutKeysTheMachinesRoleIsUsed) {
  EXPECT_EQ(s3_of({.kind = "s3", .bucket = "data"}).keys, std::nullopt);
}

TEST(StoreConfig, S3TakesWhatIsGiven) {
  StoreOptions options = s3_options();
  options.aws_session_token = "token";
  options.aws_default_region = "eu-central-1";
  options.aws_ca_bundle = "ca.pem";
  EXPECT_EQ(s3_of(options), (S3Settings{.bucket = "data",
                                        .keys = S3Keys{"key", "secret", "token"},
                                        .region = "eu-central-1",
                                        .ca_bundle = "ca.pem"}));
}

TEST(StoreConfig, AnEndpointMeansPathsUnlessToldOtherwise) {
  StoreOptions options = s3_options();
  options.aws_endpoint = "http://127.0.0.1:9000";
  options.aws_default_region = "here";  // other servers name regions as they like
  EXPECT_EQ(s3_of(options).addressing, S3Addressing::kPath);
  EXPECT_EQ(s3_of(options).region, "here");
  options.s3_addressing = "Virtual";
  EXPECT_EQ(s3_of(options).addressing, S3Addressing::kVirtualHost);
  options.aws_endpoint = "";
  options.aws_default_region = "";
  options.s3_addressing = "path";
  EXPECT_EQ(s3_of(options).addressing, S3Addressing::kPath);
}

TEST(StoreConfig, WrongValuesAreRefused) {
  const auto with = [](std::string StoreOptions::* member, std::string value) {
    StoreOptions options = s3_options();
    options.*member = std::move(value);
    return error_of(options);
  };
  for (const char* region : {"here", "eu", "EU-WEST-1", "eu west 1", "eu-west-1:x"})
    EXPECT_THAT(with(&StoreOptions::aws_default_region, region), HasSubstr("--aws-default-region")) << region;
  for (const char* bucket : {"ab", "a/b", "data?x", "dat a"})
    EXPECT_THAT(with(&StoreOptions::bucket, bucket), HasSubstr("--bucket")) << bucket;
  for (const char* endpoint : {"127.0.0.1:9000", "ftp://x", "http://", "http://x?y", "http://user@x"})
    EXPECT_THAT(with(&StoreOptions::aws_endpoint, endpoint), HasSubstr("--aws-endpoint")) << endpoint;
  EXPECT_THAT(with(&StoreOptions::s3_addressing, "dns"), HasSubstr("--s3-addressing"));
}

TEST(StoreConfig, AKeyWithANewlineIsRefusedAndNotShown) {
  StoreOptions options = s3_options();
  options.aws_secret_access_key = "topsecret\n";
  EXPECT_THAT(error_of(options), AllOf(HasSubstr("--aws-secret-access-key"), Not(HasSubstr("topsecret"))));
}

}  // namespace
}  // namespace magnetite::object_store
