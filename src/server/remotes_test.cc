#include "server/remotes.h"

#include <gmock/gmock.h>

#include "base/sim/sim_executor.h"
#include "object_store/memory/memory_store.h"
#include "object_store/testing/faulty_store.h"

namespace magnetite::server {
namespace {

using object_store::testing::StoreCall;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr model::ServerId kServer{7};
const object_store::ObjectPath kPath({"7", "remotes.pb"});

class RemotesTest : public ::testing::Test {
 protected:
  void run(std::function<void()> main) { executor_.run(std::move(main)); }
  // As another start of the server sees them.
  std::vector<Remote> stored() { return Remotes(store_).list(kServer).value(); }

  sim::SimExecutor executor_{1};
  std::unique_ptr<object_store::ObjectStore> memory_store_ = object_store::make_memory_store(executor_.clock());
  object_store::testing::FaultyStore store_{*memory_store_, {.seed = 1, .executor = &executor_}};
  Remotes remotes_{store_};
};

TEST_F(RemotesTest, AreListedByIdAndSurviveARestart) {
  run([this] {
    EXPECT_THAT(remotes_.list(kServer).value(), IsEmpty());
    ASSERT_TRUE(remotes_.set(kServer, {2, "http://two"}));
    ASSERT_TRUE(remotes_.set(kServer, {1, "http://one"}));
    ASSERT_TRUE(remotes_.set(kServer, {2, "http://second"}));
    const auto both = ElementsAre(Remote{1, "http://one"}, Remote{2, "http://second"});
    EXPECT_THAT(remotes_.list(kServer).value(), both);
    EXPECT_THAT(stored(), both);
    ASSERT_TRUE(remotes_.remove(kServer, 1));
    EXPECT_EQ(remotes_.remove(kServer, 1).error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(stored(), ElementsAre(Remote{2, "http://second"}));
  });
}

TEST_F(RemotesTest, BadOnesAreRefusedWithTheField) {
  run([this] {
    const auto refusal = [&](Remote remote) { return remotes_.set(kServer, std::move(remote)).error().message(); };
    EXPECT_EQ(refusal({0, "http://zero"}), "remote.id: Field is required");
    EXPECT_EQ(refusal({1, ""}), "remote.connection_string: Field is required");
    EXPECT_THAT(refusal({1, std::string(kConnectionBytesMax + 1, 'x')}), HasSubstr("remote.connection_string: "));
    EXPECT_THAT(refusal({1, "\xff"}), HasSubstr("remote.connection_string: "));
    EXPECT_EQ(remotes_.remove(kServer, 0).error().message(), "id: Field is required");
    EXPECT_THAT(remotes_.list(kServer).value(), IsEmpty());
  });
}

TEST_F(RemotesTest, WhatWasNotStoredIsNotSeen) {
  run([this] {
    ASSERT_TRUE(remotes_.set(kServer, {1, "http://one"}));
    store_.fail_next({.call = StoreCall::kPut, .count = 2});
    EXPECT_TRUE(remotes_.set(kServer, {2, "http://two"}).error().is_retryable());
    EXPECT_TRUE(remotes_.remove(kServer, 1).error().is_retryable());
    EXPECT_THAT(remotes_.list(kServer).value(), ElementsAre(Remote{1, "http://one"}));
    ASSERT_TRUE(remotes_.set(kServer, {2, "http://two"}));
    EXPECT_THAT(stored(), ElementsAre(Remote{1, "http://one"}, Remote{2, "http://two"}));
  });
}

TEST_F(RemotesTest, AreReadAgainAfterTheStoreFailed) {
  run([this] {
    ASSERT_TRUE(Remotes(store_).set(kServer, {1, "http://one"}));
    store_.fail_next({.call = StoreCall::kGet, .count = 2});
    EXPECT_TRUE(remotes_.list(kServer).error().is_retryable());
    EXPECT_TRUE(remotes_.set(kServer, {2, "http://two"}).error().is_retryable()) << "it would lose the others";
    ASSERT_TRUE(remotes_.set(kServer, {2, "http://two"}));
    EXPECT_THAT(stored(), ElementsAre(Remote{1, "http://one"}, Remote{2, "http://two"}));
  });
}

TEST_F(RemotesTest, AFileThatCannotBeUnderstoodIsLeftAlone) {
  run([this] {
    const std::string garbage = "\xff garbage";
    ASSERT_TRUE(memory_store_->put(kPath, std::as_bytes(std::span(garbage))));
    const auto listed = remotes_.list(kServer);
    ASSERT_FALSE(listed);
    EXPECT_EQ(listed.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(listed.error().message(), HasSubstr("7/remotes.pb"));
    EXPECT_FALSE(remotes_.set(kServer, {1, "http://one"}));
    EXPECT_EQ(memory_store_->get(kPath).value().size(), garbage.size());
    ASSERT_TRUE(memory_store_->put(kPath, encode_remotes_file({{3, "http://three"}})));
    EXPECT_THAT(remotes_.list(kServer).value(), ElementsAre(Remote{3, "http://three"})) << "put right by an operator";
  });
}

TEST_F(RemotesTest, TheirNumberIsBounded) {
  run([this] {
    std::vector<Remote> many;
    for (uint32_t id = 1; id <= kRemotesMax; ++id) many.push_back({id, "http://x"});
    ASSERT_TRUE(memory_store_->put(kPath, encode_remotes_file(many)));
    EXPECT_EQ(remotes_.set(kServer, {kRemotesMax + 1, "http://x"}).error().code(), ErrorCode::kLimitExceeded);
    EXPECT_TRUE(remotes_.set(kServer, {1, "http://y"}));
  });
}

// Version 1, byte for byte: docs/formats/remotes.md.
TEST(RemotesFile, IsWrittenAsTheFormatSays) {
  const std::string expected("\x08\x01\x12\x05\x08\x03\x12\x01x", 9);
  const object_store::Bytes bytes = encode_remotes_file({{3, "x"}});
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), expected);
  EXPECT_THAT(decode_remotes_file(bytes).value(), ElementsAre(Remote{3, "x"}));
}

TEST(RemotesFile, DamagedOnesAreRefusedOrValid) {
  const object_store::Bytes bytes = encode_remotes_file({{1, "http://one"}, {300, "http://two"}});
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int other = 0; other < 256; ++other) {
      object_store::Bytes damaged = bytes;
      damaged[at] = static_cast<std::byte>(other);
      const auto decoded = decode_remotes_file(damaged);
      if (decoded)
        EXPECT_EQ(decode_remotes_file(encode_remotes_file(*decoded)).value(), *decoded);
      else
        EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption);
    }
  }
  for (const std::vector<Remote>& wrong :
       {std::vector<Remote>{{2, "b"}, {1, "a"}}, {{1, "a"}, {1, "b"}}, {{0, "a"}}, {{1, ""}}})
    EXPECT_FALSE(decode_remotes_file(encode_remotes_file(wrong)));
}

}  // namespace
}  // namespace magnetite::server
